/* The image's health check: exits with 0 when the server in this container answers GET
 * /_sfnd/health with 200, with 1 otherwise.  The port is the one in SFND_PORT, or 8083.  Linked
 * statically: the image has no shell and no other program to ask with. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define DEFAULT_PORT    8083
#define TIMEOUT_SECONDS 2

static int connect_to(unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

int main(void)
{
    static const char request[] = "GET /_sfnd/health HTTP/1.1\r\n"
                                  "Host: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    static const char expected[] = "HTTP/1.1 200 ";
    const char *setting = getenv("SFND_PORT");
    unsigned long port = setting && *setting ? strtoul(setting, NULL, 10) : DEFAULT_PORT;
    char answer[sizeof(expected)] = "";
    size_t len = 0;
    int fd = port > 0 && port < 65536 ? connect_to((unsigned short)port) : -1;

    if (fd >= 0 && send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == sizeof(request) - 1) {
        ssize_t n;

        while (len < sizeof(answer) - 1 &&
               (n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0)) > 0)
            len += (size_t)n;
    }
    if (strcmp(answer, expected) == 0)
        return 0;
    (void)fprintf(stderr, "no healthy answer from port %lu\n", port);
    return 1;
}
