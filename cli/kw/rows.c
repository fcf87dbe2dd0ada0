/* What can be said of the rows of a table and the values read so far. */
#include "cli/kw/walk.h"

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
