/*
 * Files that rotation has made of one: beside it, with its name and behind that `.` or `-` and a digit
 * (messages.1, messages-20240301). Compressed ones are passed over. Descriptors that are given are the
 * caller's. Any thread.
 */
#ifndef SYSLOG_FOLLOW_SIBLINGS_H
#define SYSLOG_FOLLOW_SIBLINGS_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The one with this inode and beginning; -1: none. */
int siblings_inode(const char *path, ino_t, dev_t, uint32_t head_n, uint32_t head_sum);

/* The newest with this beginning that is not this inode: a copy; -1: none. */
int siblings_copy(const char *path, uint32_t head_n, uint32_t head_sum, ino_t but);

/*
 * Those that came after this open one: made later, where the file system knows, and not written before it was;
 * oldest first; itself may be among them.
 */
void siblings_after(const char *path, int fd, void (*f)(void *arg, int fd, const struct stat *), void *arg);

/* The checksum of a file's first n octets, 256 at most; 0 when there are not so many. */
uint32_t chain_sum(int fd, uint32_t n);

#endif
