# bash completion of eventd(8) and eventctl(1): the options. Commands of the shell complete inside the shell.

_eventctl_options()
{
	local words=" ${COMP_WORDS[*]:1:COMP_CWORD-1} "
	case $words in
	*' pki verify '*) echo --trust --untrusted --peer --name --ip --time --purpose --crl --depth --json --batch ;;
	*' mail parse-server '*) echo --json --show-secret ;;
	*' daneverify '*) echo --port --resolver --anchor --json ;;
	*' mtastsverify '*) echo --resolver --anchor --ca --json ;;
	*' test mail server '*) echo --trust --resolver --timeout --json port secure source-interface source-address from to allow-cleartext-auth timeout ;;
	*' test mail '*) echo server ;;
	*' test '*) echo mail ;;
	*' pki '*) echo verify ;;
	*' mail '*) echo parse-server ;;
	*) echo --socket -c -f --json --keep-going --timeout --no-color --version --help pki mail test daneverify mtastsverify ;;
	esac
}

_eventctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} options
	COMPREPLY=()
	case $prev in
	--purpose)
		options='server client'
		;;
	--config | --settings | --socket | --trust | --untrusted | --peer | --crl | --anchor | --ca | -f)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--state)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	-c | --timeout | --name | --ip | --time | --depth | --port | --resolver)
		return
		;;
	*)
		case ${COMP_WORDS[0]##*/} in
		eventd) options='--config --settings --state --socket --strict --check --json --version --help' ;;
		*) options=$(_eventctl_options) ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}

complete -F _eventctl eventctl eventd
