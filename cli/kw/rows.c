/* What can be said of the rows of a table and the values read so far. */
#include "cli/kw/walk.h"

#include <string.h>

size_t
row_size(const struct kw *row)
{
	if (row->sub_size > 0)
		return sizeof(struct kw_sub);
	if ((row->flags & KW_MANY) != 0)
		return sizeof(struct kw_list);
	return row->type != NULL ? row->type->size : sizeof(struct kw_flag);
}

bool
row_is_mine(const struct kw *row, const void *args)
{
	if (!row_is_set(row, args))
		return false;
	if (row->sub_size == 0)
		return true;
	return ((const struct kw_sub *)(const void *)((const char *)args + row->at))->row == row;
}

bool
row_is_satisfied(const struct kw *rows, const struct kw *row, const void *args)
{
	if (row_is_set(row, args))
		return true;
	if (row->group == 0)
		return false;
	for (; !row_is_end(rows); rows++)
		if (rows->group == row->group && row_is_set(rows, args))
			return true;
	return false;
}

const struct kw *
rows_missing(const struct kw *rows, const void *args)
{
	for (const struct kw *row = rows; row != NULL && !row_is_end(row); row++)
		if ((row->flags & KW_REQ) != 0 && !row_is_satisfied(rows, row, args))
			return row;
	return NULL;
}

void
kw_keep(const struct kw *rows, void *args, const void *from)
{
	for (const struct kw *row = rows; row != NULL && !row_is_end(row); row++) {
		if (!row_is_set(row, from) || row_is_satisfied(rows, row, args))
			continue;
		memcpy((char *)args + row->at, (const char *)from + row->at, row_size(row));
		if (row->sub != NULL && row->sub_size == 0)
			kw_keep(row->sub, args, from);
	}
}
