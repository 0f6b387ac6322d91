/*
 * netdevices.c - interfaces of the host that move into the container. Runs outside, when the container has its
 * network namespace and nothing of the container's own runs in it yet.
 *
 * Everything is looked at before the first device moves: whether each is there, whether its new name is free, which
 * addresses it has. The kernel takes a moved device down and drops its addresses, so those that were configured
 * for good are added again inside, and it is set up. Routes are not kept: the specification does not ask for them.
 *
 * rtnetlink(7) over two sockets, one of our namespace and one of the container's. A socket belongs to the namespace it
 * was made in, so the second comes from a child that enters that namespace, and mini-run itself stays where it is.
 * A device that is added again is found by its number, which we choose: its name may be the kernel's choice ("eth%d").
 */
#include "host/netdevices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#define ANSWERS	      32768 /* the kernel makes no larger ones for a dump */
#define ADDRESS_BYTES 128   /* of the attributes that are kept of an address */
#define INDEX_TRIES   1024

/* Those flags of an address that can be asked for; the others say how it is. */
#define ADDRESS_FLAGS                                                                   \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | \
	 IFA_F_MCAUTOJOIN)

struct device {
	const char *key;
	int index;		 /* outside; later inside */
	char old_name[IFNAMSIZ]; /* the device's own, where the key is another name of it */
	const char *new_name;
};

struct address {
	size_t device;
	struct ifaddrmsg message;
	uint32_t flags;
	char label[IFNAMSIZ]; /* empty: none */
	size_t length;
	char attributes[ADDRESS_BYTES];
};

struct moves {
	int outside_fd, inside_fd, ns_fd;
	struct device *devices;
	size_t devices_n;
	struct address *addresses;
	size_t addresses_n;
};

/* ---- messages ---- */

struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} body;
	char attributes[512];
};

static struct request request_make(uint16_t type, uint16_t flags, size_t body)
{
	struct request r = {.head = {.nlmsg_type = type, .nlmsg_flags = flags | NLM_F_REQUEST}};

	r.head.nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
	return r;
}

static struct request link_request(uint16_t type, uint16_t flags, int index)
{
	struct request r = request_make(type, flags, sizeof(struct ifinfomsg));

	r.body.link.ifi_index = index;
	return r;
}

/* All that is added is bounded: names, numbers, ADDRESS_BYTES. */
static void attribute_add(struct request *r, unsigned short type, const void *bytes, size_t length)
{
	struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(a), bytes, length);
	r->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len));
}

/* The kernel's refusal, with its own words where it has some. 0 for an acknowledgement. */
static int answer_error(const struct nlmsghdr *h, struct error *e)
{
	const struct nlmsgerr *answer = NLMSG_DATA(h);
	const struct rtattr *a;
	size_t skip = sizeof(*answer), left;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*answer)))
		return err_set(e, EBADMSG, "netlink");
	if (answer->error == 0)
		return 0;
	err_set(e, -answer->error, "netlink");
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return -1;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += answer->msg.nlmsg_len - sizeof(struct nlmsghdr);
	if (NLMSG_LENGTH(skip) > h->nlmsg_len)
		return -1;
	a = (const struct rtattr *)((const char *)answer + NLMSG_ALIGN(skip));
	left = h->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(skip));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == NLMSGERR_ATTR_MSG)
			return err_hint(e, "%.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
	return -1;
}

typedef int taker(const struct nlmsghdr *h, void *into, struct error *e);

/* Sends @r and gives every answer to @take, until the kernel says that it was the last. */
static int exchange(int fd, const struct request *r, taker *take, void *into, struct error *e)
{
	alignas(struct nlmsghdr) char answers[ANSWERS];
	bool dump = (r->head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;

	if (send(fd, r, r->head.nlmsg_len, 0) < 0)
		return err_set(e, errno, "netlink");
	for (;;) {
		ssize_t got = recv(fd, answers, sizeof(answers), MSG_TRUNC);
		const struct nlmsghdr *h = (const struct nlmsghdr *)answers;
		size_t left = (size_t)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, errno, "netlink");
		if (left > sizeof(answers))
			return err_set(e, EMSGSIZE, "netlink");
		for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_ERROR)
				return answer_error(h, e);
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_flags & NLM_F_DUMP_INTR)
				return err_set(e, EAGAIN,
					       "the interfaces changed while they were read");
			if (take && take(h, into, e) < 0)
				return -1;
			if (!dump && !(r->head.nlmsg_flags & NLM_F_ACK))
				return 0;
		}
	}
}

/* ---- sockets ---- */

static int netlink_open(int *ret_fd, struct error *e)
{
	OWNED_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int on = 1;

	if (fd < 0)
		return err_set(e, errno, "netlink socket");
	/* The kernel's words for an error; without them there is the number. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	*ret_fd = fd_give(&fd);
	return 0;
}

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* In the child: a socket of the namespace, sent to the parent with an empty error, or an error alone. */
static _Noreturn void inside_main(int ns_fd, int tell_fd)
{
	struct error e = {0};
	struct iovec bytes = {.iov_base = &e, .iov_len = sizeof(e)};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1};
	union control control = {0};
	int fd = -1, result;

	result = setns(ns_fd, CLONE_NEWNET) < 0 ? err_set(&e, errno, "enter the network namespace")
						: netlink_open(&fd, &e);
	if (result == 0) {
		struct cmsghdr *c;

		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	_exit(sendmsg(tell_fd, &m, MSG_NOSIGNAL) < 0);
}

static int inside_open(int ns_fd, int *ret_fd, struct error *e)
{
	struct error told;
	struct iovec bytes = {.iov_base = &told, .iov_len = sizeof(told)};
	union control control = {0};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c;
	int pair[2];
	ssize_t n;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "socketpair");
	pid = fork();
	if (pid == 0)
		inside_main(ns_fd, pair[1]);
	if (pid < 0)
		err_set(e, errno, "fork");
	fd_close(&pair[1]);
	do
		n = pid < 0 ? -1 : recvmsg(pair[0], &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && pid > 0 && errno == EINTR);
	fd_close(&pair[0]);
	if (pid < 0)
		return -1;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(told))
		return err_set(e, 0, "the process that enters the network namespace died");
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int))) {
		*e = told;
		return -1;
	}
	memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return 0;
}

/* ---- looking ---- */

/* Number and name of the link in an answer, to a struct device. */
static int link_take(const struct nlmsghdr *h, void *into, struct error *e)
{
	struct device *d = into;
	const struct ifinfomsg *m = NLMSG_DATA(h);
	size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	const struct rtattr *a = IFLA_RTA(m);

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return err_set(e, EBADMSG, "netlink");
	d->index = m->ifi_index;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_IFNAME)
			snprintf(d->old_name, sizeof(d->old_name), "%.*s", (int)RTA_PAYLOAD(a),
				 (const char *)RTA_DATA(a));
	return 0;
}

/* The link of that number, or with @index 0 of that name. ENODEV in @e: there is none. */
static int link_find(int fd, int index, const char *name, struct device *ret, struct error *e)
{
	struct request r = link_request(RTM_GETLINK, 0, index);
	uint32_t mask = 1U << 3; /* RTEXT_FILTER_SKIP_STATS */

	attribute_add(&r, IFLA_EXT_MASK, &mask, sizeof(mask));
	if (name && strlen(name) >= ALTIFNAMSIZ)
		return err_set(e, ENODEV, "netlink");
	if (name)
		attribute_add(&r, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name,
			      strlen(name) + 1);
	return exchange(fd, &r, link_take, ret, e);
}

/* "eth%d": the kernel finds a name, or says what is wrong with it. */
static bool is_template(const char *name)
{
	return strchr(name, '%') != NULL;
}

static int device_look(struct moves *m, size_t i, const struct config_net_device *asked,
		       struct error *e)
{
	struct device *d = &m->devices[i], taken;

	d->key = asked->host_name;
	if (link_find(m->outside_fd, 0, asked->host_name, d, e) < 0)
		return e->no == ENODEV ? err_set(e, ENODEV, "the host has no such device") : -1;
	d->new_name = asked->name ? asked->name : d->old_name;
	if (is_template(d->new_name))
		return 0;
	for (size_t j = 0; j < i; j++)
		if (strcmp(m->devices[j].new_name, d->new_name) == 0)
			return err_set(e, EEXIST, "%s, the name in the container of %s too",
				       d->new_name, m->devices[j].key);
	if (link_find(m->inside_fd, 0, d->new_name, &taken, e) == 0)
		return err_set(e, EEXIST, "the container's network namespace has a device %s already",
			       d->new_name);
	return e->no == ENODEV ? 0 : -1;
}

/* Copies an attribute as it is, unless it is one that says what the address is at the moment, or where. */
static int attribute_keep(struct address *to, const struct rtattr *a, struct error *e)
{
	size_t length = RTA_ALIGN(a->rta_len);

	switch (a->rta_type) {
	case IFA_FLAGS:
		memcpy(&to->flags, RTA_DATA(a), sizeof(to->flags));
		return 0;
	case IFA_LABEL:
		snprintf(to->label, sizeof(to->label), "%.*s", (int)RTA_PAYLOAD(a),
			 (const char *)RTA_DATA(a));
		return 0;
	case IFA_CACHEINFO: /* for ever, as it is permanent */
	case IFA_TARGET_NETNSID:
		return 0;
	default:
		if (to->length + length > sizeof(to->attributes))
			return err_set(e, EMSGSIZE, "an address");
		memcpy(to->attributes + to->length, a, a->rta_len);
		to->length += length;
		return 0;
	}
}

static int address_take(const struct nlmsghdr *h, void *into, struct error *e)
{
	struct moves *m = into;
	const struct ifaddrmsg *message = NLMSG_DATA(h);
	size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*message)), i = 0;
	const struct rtattr *a = IFA_RTA(message);
	struct address address = {0}, *more;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
		return err_set(e, EBADMSG, "netlink");
	while (i < m->devices_n && (uint32_t)m->devices[i].index != message->ifa_index)
		i++;
	address.device = i;
	address.message = *message;
	address.flags = message->ifa_flags;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (attribute_keep(&address, a, e) < 0)
			return -1;
	if (i == m->devices_n || message->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(address.flags & IFA_F_PERMANENT))
		return 0;
	more = realloc(m->addresses, (m->addresses_n + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(e);
	m->addresses = more;
	more[m->addresses_n++] = address;
	return 0;
}

static int look(struct moves *m, const struct config *c, struct error *e)
{
	struct request r = request_make(RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));

	for (size_t i = 0; i < c->net_devices_n; i++)
		if (device_look(m, i, &c->net_devices[i], e) < 0)
			return err_within(e, "linux.netDevices: %s", c->net_devices[i].host_name);
	m->devices_n = c->net_devices_n;
	/* AF_UNSPEC: the addresses of every family. */
	if (exchange(m->outside_fd, &r, address_take, m, e) < 0)
		return err_within(e, "linux.netDevices: read addresses");
	return 0;
}

/* ---- moving ---- */

/* Moves the device to the number *ret_index, which is free inside: its present one, or one above. */
static int device_move(const struct moves *m, const struct device *d, int *ret_index, struct error *e)
{
	for (int index = d->index, tries = 0; tries < INDEX_TRIES; index++, tries++) {
		struct request r = link_request(RTM_NEWLINK, NLM_F_ACK, d->index);
		uint32_t fd = (uint32_t)m->ns_fd;
		struct device taken;

		if (link_find(m->inside_fd, index, NULL, &taken, e) == 0)
			continue;
		if (e->no != ENODEV)
			return -1;
		attribute_add(&r, IFLA_NET_NS_FD, &fd, sizeof(fd));
		attribute_add(&r, IFLA_NEW_IFINDEX, &index, sizeof(index));
		attribute_add(&r, IFLA_IFNAME, d->new_name, strlen(d->new_name) + 1);
		if (exchange(m->outside_fd, &r, NULL, NULL, e) == 0) {
			*ret_index = index;
			return 0;
		}
		if (e->no != EBUSY ||
		    link_find(m->inside_fd, index, NULL, &taken, &(struct error){0}) < 0)
			return err_within(e, "move");
	}
	return err_set(e, EBUSY, "move: no free number of an interface");
}

/* A label is the device's name with something behind it (eth0:1): it gets the new name. */
static void label_add(struct request *r, const struct address *a, const char *old_name,
		      const char *name)
{
	size_t length = strlen(old_name);
	char label[IFNAMSIZ];

	if (a->label[0] == '\0' || strcmp(a->label, old_name) == 0)
		return; /* the kernel gives it the name */
	if (strncmp(a->label, old_name, length) != 0 || a->label[length] != ':')
		memcpy(label, a->label, sizeof(label));
	else if ((size_t)snprintf(label, sizeof(label), "%s%s", name, a->label + length) >=
		 sizeof(label))
		return; /* no room for it behind the new name */
	attribute_add(r, IFA_LABEL, label, strlen(label) + 1);
}

static int address_add(const struct moves *m, const struct address *a, int index, const char *name,
		       struct error *e)
{
	struct request r = request_make(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
					sizeof(struct ifaddrmsg));
	uint32_t flags = a->flags & ADDRESS_FLAGS;

	r.body.address = a->message;
	r.body.address.ifa_flags = (unsigned char)flags;
	r.body.address.ifa_index = (uint32_t)index;
	memcpy((char *)&r + r.head.nlmsg_len, a->attributes, a->length);
	r.head.nlmsg_len += (uint32_t)a->length;
	attribute_add(&r, IFA_FLAGS, &flags, sizeof(flags));
	label_add(&r, a, m->devices[a->device].old_name, name);
	return exchange(m->inside_fd, &r, NULL, NULL, e);
}

static int device_give(const struct moves *m, size_t i, struct error *e)
{
	const struct device *d = &m->devices[i];
	struct device inside = {0};
	struct request up;
	int index = 0;

	if (device_move(m, d, &index, e) < 0)
		return -1;
	if (link_find(m->inside_fd, index, NULL, &inside, e) < 0)
		return err_within(e, "find it in the container");
	for (size_t j = 0; j < m->addresses_n; j++)
		if (m->addresses[j].device == i &&
		    address_add(m, &m->addresses[j], index, inside.old_name, e) < 0)
			return err_within(e, "add its address again in the container");
	up = link_request(RTM_NEWLINK, NLM_F_ACK, index);
	up.body.link.ifi_flags = up.body.link.ifi_change = IFF_UP;
	return exchange(m->inside_fd, &up, NULL, NULL, e) < 0 ? err_within(e, "set it up") : 0;
}

static int move_all(struct moves *m, const struct config *c, struct error *e)
{
	if (netlink_open(&m->outside_fd, e) < 0 || inside_open(m->ns_fd, &m->inside_fd, e) < 0)
		return err_within(e, "linux.netDevices");
	if (look(m, c, e) < 0)
		return -1;
	/* Those with a template last: the kernel must not find a name that another one asks for. */
	for (int template = 0; template <= 1; template ++)
		for (size_t i = 0; i < m->devices_n; i++)
			if (is_template(m->devices[i].new_name) == (template == 1) &&
			    device_give(m, i, e) < 0)
				return err_within(e, "linux.netDevices: %s", m->devices[i].key);
	return 0;
}

int netdevices_move(const struct config *c, pid_t pid, struct error *e)
{
	struct moves m = {.outside_fd = -1, .inside_fd = -1};
	char path[64];
	int result;

	if (c->net_devices_n == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	m.ns_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (m.ns_fd < 0)
		return err_set(e, errno, "linux.netDevices: %s", path);
	m.devices = calloc(c->net_devices_n, sizeof(*m.devices));
	result = m.devices ? move_all(&m, c, e) : err_no_memory(e);
	free(m.devices);
	free(m.addresses);
	fd_close(&m.outside_fd);
	fd_close(&m.inside_fd);
	fd_close(&m.ns_fd);
	return result;
}
