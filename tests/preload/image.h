/* What a power cut leaves of the files below a directory. */

#ifndef IMAGE_H
#define IMAGE_H

#include <sys/types.h>

/* Names that are nobody else's business in the process. */
#pragma GCC visibility push(hidden)

/* Bytes of an open file were written, or cut off behind `from`; nothing of it is safe yet. */
void image_written(int fd, off_t from, off_t to);

/* An open file is new: nothing is safe of one that had its number before. */
void image_created(int fd);

/* The directory at `path` is new: nothing is safe of one that had its number before. */
void image_made(const char *path);

/* An open file or directory, `path` below the root, is synced. */
void image_sync(int fd, const char *path);

/* Where the image is; NULL if there is none. */
extern const char *image;

/* The directory that it is an image of. */
extern const char *root;

#pragma GCC visibility pop

#endif
