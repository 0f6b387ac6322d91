/*
 * layer_probe.c - what --overlay must keep apart, for the bats tests: sockets and FIFOs of the host, and rename(2). Static;
 * runs on both sides. Prints "key=value" lines, and judges nothing.
 *
 *	layer_probe serve SOCKET FIFO     makes both, says "ready", and has them open until stdin ends
 *	layer_probe reach SOCKET FIFO     what comes of connect(2), and of open(2) for writing without waiting
 *	layer_probe rename FROM TO        what comes of rename(2)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *outcome(long result)
{
	return result >= 0 ? "OK" : strerrorname_np(errno);
}

static int socket_open(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		return -1;
	strcpy(ret->sun_path, path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int serve(const char *path, const char *fifo)
{
	struct sockaddr_un address;
	int fd = socket_open(path, &address);
	char byte;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 8) < 0 || mkfifo(fifo, 0666) < 0 || open(fifo, O_RDWR | O_CLOEXEC) < 0) {
		perror("layer_probe");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

static int reach(const char *path, const char *fifo)
{
	struct sockaddr_un address;
	int fd = socket_open(path, &address);

	printf("socket=%s\n", outcome(connect(fd, (struct sockaddr *)&address, sizeof(address))));
	printf("fifo=%s\n", outcome(open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC)));
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "reach") == 0)
		return reach(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "rename") == 0) {
		printf("rename=%s\n", outcome(rename(argv[2], argv[3])));
		return 0;
	}
	fputs("usage: layer_probe serve|reach|rename A B\n", stderr);
	return 2;
}
