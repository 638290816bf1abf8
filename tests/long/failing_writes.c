// Loaded before a program: its writes to files named *.partial fail with EIO once HOZEN_FAIL_AFTER
// bytes were written, as they do when a network share goes away.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_output(int descriptor) {
  static const char kEnd[] = ".partial";
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path);
  const ssize_t end = (ssize_t)sizeof kEnd - 1;
  return length > end && memcmp(path + length - end, kEnd, (size_t)end) == 0;
}

static long long left(void) {
  static long long bytes = -1;
  if (bytes < 0) bytes = atoll(getenv("HOZEN_FAIL_AFTER"));
  return bytes;
}

ssize_t write(int descriptor, const void* data, size_t size) {
  static ssize_t (*real)(int, const void*, size_t);
  static long long written;
  if (real == NULL) real = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  if (!is_output(descriptor)) return real(descriptor, data, size);
  const long long room = left() - written;
  if (room <= 0) {
    errno = EIO;
    return -1;
  }
  const ssize_t count = real(descriptor, data, (long long)size > room ? (size_t)room : size);
  if (count > 0) written += count;
  return count;
}
