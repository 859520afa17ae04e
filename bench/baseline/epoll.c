/* The floor that the benchmark measures against: one process, one epoll loop, no HTTP.
 * bench/servers.ts compiles it (gcc -O2) and runs it as: epoll PORT ANSWER_FILE [close]
 * Each request, taken to end at its "\r\n\r\n", is answered with the bytes of ANSWER_FILE: nothing is parsed,
 * nothing allocated. It costs what the kernel costs, so a ratio to it is what a server adds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FDS = 20000, MAX_EVENTS = 512, COPIES = 32 };

/* What is still owed on a connection. `matched` counts how much of "\r\n\r\n" the last bytes were, since a
 * request may be split anywhere. */
struct connection {
  size_t owed;
  int matched;
  int wants_out;
};

static struct connection connections[MAX_FDS];
static char input[65536];
static char *answers; /* COPIES times the answer: pipelined requests are answered with one send */
static size_t answer_size;
static int close_after;
static int epoll_fd;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void read_answer(const char *path) {
  struct stat info;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &info) < 0) die(path);
  answer_size = (size_t)info.st_size;
  answers = malloc(answer_size * COPIES);
  if (answers == NULL || read(fd, answers, answer_size) != info.st_size) die(path);
  for (int i = 1; i < COPIES; i++) memcpy(answers + (size_t)i * answer_size, answers, answer_size);
  close(fd);
}

static int listen_on(int port) {
  int one = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
  if (listen(fd, 4096) < 0) die("listen");
  return fd;
}

static void watch(int operation, int fd, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(epoll_fd, operation, fd, &event) < 0) die("epoll_ctl");
}

static void accept_all(int listener) {
  int one = 1;
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    if (fd >= MAX_FDS) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections[fd] = (struct connection){0};
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }
}

/* Counts the requests that end in `bytes`. memchr finds the rare byte, so a body costs next to nothing. */
static size_t count_requests(struct connection *connection, const char *bytes, size_t length) {
  static const char end[] = "\r\n\r\n";
  size_t count = 0;
  size_t i = 0;
  int matched = connection->matched;
  while (i < length) {
    if (matched == 0) {
      const char *next = memchr(bytes + i, '\r', length - i);
      if (next == NULL) break;
      i = (size_t)(next - bytes) + 1;
      matched = 1;
    } else if (bytes[i] == end[matched]) {
      i++;
      if (++matched == 4) {
        count++;
        matched = 0;
      }
    } else {
      matched = 0;
    }
  }
  connection->matched = matched;
  return count;
}

/* Sends what is owed, as far as the kernel takes it. Returns -1 once the connection is to be closed. */
static int flush(int fd, struct connection *connection) {
  while (connection->owed > 0) {
    size_t sent_of_first = (answer_size - connection->owed % answer_size) % answer_size;
    size_t most = answer_size * COPIES - sent_of_first;
    size_t length = connection->owed < most ? connection->owed : most;
    ssize_t sent = send(fd, answers + sent_of_first, length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) return -1;
      if (!connection->wants_out) watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT);
      connection->wants_out = 1;
      return 0;
    }
    connection->owed -= (size_t)sent;
  }
  if (connection->wants_out) watch(EPOLL_CTL_MOD, fd, EPOLLIN);
  connection->wants_out = 0;
  return close_after ? -1 : 0;
}

static int serve(int fd, unsigned events) {
  struct connection *connection = &connections[fd];
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    ssize_t length = recv(fd, input, sizeof input, 0);
    if (length == 0 || (length < 0 && errno != EAGAIN)) return -1;
    if (length > 0) connection->owed += answer_size * count_requests(connection, input, (size_t)length);
  }
  return connection->owed > 0 ? flush(fd, connection) : 0;
}

int main(int argc, char **argv) {
  struct epoll_event events[MAX_EVENTS];
  if (argc < 3) {
    fprintf(stderr, "usage: epoll PORT ANSWER_FILE [close]\n");
    return 2;
  }
  read_answer(argv[2]);
  close_after = argc > 3 && strcmp(argv[3], "close") == 0;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_on(atoi(argv[1]));
  watch(EPOLL_CTL_ADD, listener, EPOLLIN);
  for (;;) {
    int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all(listener);
      else if (serve(fd, events[i].events) < 0) close(fd);
    }
  }
}
