/*
 * steps.h - the functions that host/start.c lists in its table and that live in files of their own. All run outside.
 */
#ifndef HOST_STEPS_H
#define HOST_STEPS_H

#include "host/start.h"

/* What clone3(2), setns(2) and NS_GET_NSTYPE call each kind of namespace, and what people and /proc do. */
struct ns_kind {
	unsigned int flag;
	const char *words;
	const char *file; /* in /proc/PID/ns */
};
extern const struct ns_kind ns_kinds[NS_KINDS];

/* rootfs.c */
int rootfs_open(struct start *s, struct error *e);
void rootfs_close(struct start *s);
int overlay_open(struct start *s, struct error *e);
void overlay_close(struct start *s);

/* prepare.c: nothing is made but descriptors and memory. */
int user_lookup(struct start *s, struct error *e);
void user_forget(struct start *s);
int capabilities_look(struct start *s, struct error *e);
int command_look(struct start *s, struct error *e);
int stdin_open(struct start *s, struct error *e);
int null_devices_open(struct start *s, struct error *e);
void stdin_close(struct start *s);
int namespaces_open(struct start *s, struct error *e);
void namespaces_close(struct start *s);
int filter_make(struct start *s, struct error *e);
void filter_free(struct start *s);

/* init_file.c */
int init_program_make(struct start *s, struct error *e);
void init_program_close(struct start *s);

/* sources.c: detached copies of what mounts and devices need of the host's tree. */
int sources_open(struct start *s, struct error *e);
void sources_close(struct start *s);
int devices_open(struct start *s, struct error *e);
void devices_close(struct start *s);

/* notify.c: the proxy of the service manager's socket. The second leaves a process behind that ends with the container. */
int notify_open(struct start *s, struct error *e);
void notify_close(struct start *s);
int notify_stay(struct start *s, struct error *e);

/* mount_ids.c: behind "open namespaces", as a mount may take its mapping from the one that is joined. */
int mounts_map_ids(struct start *s, struct error *e);

/* start_state.c: what is made on the host. */
int cgroup_look(struct start *s, struct error *e);
void cgroup_close(struct start *s);
int state_begin(struct start *s, struct error *e);
void state_finish(struct start *s);
int state_note_pid(struct start *s, struct error *e);
int state_complete_created(struct start *s, struct error *e);
int state_complete_running(struct start *s, struct error *e);
int configuration_keep(struct start *s, struct error *e);
int filter_keep(struct start *s, struct error *e);
int start_socket_make(struct start *s, struct error *e);
void start_socket_close(struct start *s);
int resource_class_make(struct start *s, struct error *e);
void resource_class_remove(struct start *s);
int resource_class_join(struct start *s, struct error *e);
int cgroup_create(struct start *s, struct error *e);
void cgroup_destroy(struct start *s);
int cgroup_limit_v1(struct start *s, struct error *e);
int cgroup_limit_v2(struct start *s, struct error *e);
int files_write(struct start *s, struct error *e);
void files_remove(struct start *s);

/* clone.c */
int signals_hold(struct start *s, struct error *e);
void signals_release(struct start *s);
int init_clone(struct start *s, struct error *e);
void init_kill(struct start *s);
int ids_map(struct start *s, struct error *e);
/* Writes "uid_map" or "gid_map" of process @pid, in the one write(2) that the kernel wants (user_namespaces(7)). */
int id_map_write(pid_t pid, const char *file, const struct config_idmap *maps, size_t n,
		 struct error *e);
int cgroup_give(struct start *s, struct error *e);
int limits_raise(struct start *s, struct error *e);
int stdio_give(struct start *s, struct error *e);
int network_devices_move(struct start *s, struct error *e);

/* talk.c: the conversation with the inside. */
int console_connect(struct start *s, struct error *e);
void console_disconnect(struct start *s);
int console_receive(struct start *s, struct error *e);
void console_close(struct start *s);
int hooks_before(struct start *s, struct error *e);
int hooks_after(struct start *s, struct error *e);
void hooks_end(struct start *s);
int ready_await(struct start *s, struct error *e);
int pidfd_send(struct start *s, struct error *e);
int go(struct start *s, struct error *e);
int exec_await(struct start *s, struct error *e);

/* labels.c */
int labels_look(struct start *s, struct error *e);
void labels_forget(struct start *s);

/* landlock.c */
int landlock_look(struct start *s, struct error *e);

/* oom_score.c */
int oom_score_write(struct start *s, struct error *e);

/* sysctls.c */
int sysctls_give(struct start *s, struct error *e);

/* scheduling.c */
int scheduling_give(struct start *s, struct error *e);

/* guard.c: a second process that cleans up when mini-run is killed. */
int guard_start(struct start *s, struct error *e);
/* Once the container has ended and the terminal is restored: what a SIGKILL could still leave is swept by the next
 * command. The guard's own end then takes its time beside the undoing, and guard_dismiss finds it gone. */
void guard_release(const struct start *s);
void guard_dismiss(struct start *s);

#endif
