/* children.c - see children.h. */
#include "manage/serve/children.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/try.h"
#include "manage/serve/state.h"

cni_child *cni_child_in(cni_children *children, cni_role role)
{
	for (size_t i = 0; i < CNI_CHILDREN_MAX; i++) {
		if (children->list[i].role == role)
			return &children->list[i];
	}
	return NULL;
}

cni_child *cni_child_of(cni_children *children, pid_t pid)
{
	for (size_t i = 0; i < CNI_CHILDREN_MAX; i++) {
		if (children->list[i].role != CNI_ROLE_NOBODY && children->list[i].pid == pid)
			return &children->list[i];
	}
	return NULL;
}

bool cni_children_any(cni_children *children)
{
	for (size_t i = 0; i < CNI_CHILDREN_MAX; i++) {
		if (children->list[i].role != CNI_ROLE_NOBODY)
			return true;
	}
	return false;
}

void cni_child_set_role(cni_child *child, cni_role role)
{
	child->role = role;
	child->since_us = cni_clock_mono_us();
}

void cni_child_tell(const cni_child *child, const char *word, const char *rest)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};

	if (!child || child->control < 0)
		return;
	cni_buffer_printf(&line, "%s%s%s\n", word, *rest ? " " : "", rest);
	if (line.failed)
		return;
	/* a child whose socket is full does not read, and is ended when its time is over */
	ssize_t ignored = send(child->control, line.data, line.size, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)ignored;
}

void cni_child_dismiss(cni_child *child)
{
	cni_child_tell(child, "quit", "");
	cni_child_set_role(child, CNI_ROLE_LEAVING);
}

void cni_child_forget_copy(cni_child *child)
{
	if (child->copy)
		unlink(child->copy);
	child->copy = NULL;
}

/* ---- starting ---- */

static cni_child *free_place(cni_children *children)
{
	cni_child *place = cni_child_in(children, CNI_ROLE_NOBODY), *oldest = NULL;

	for (size_t i = 0; !place && i < CNI_CHILDREN_MAX; i++) {
		cni_child *child = &children->list[i];
		if (child->role == CNI_ROLE_LEAVING &&
			(!oldest || child->since_us < oldest->since_us))
			oldest = child;
	}
	if (place || !oldest)
		return place;
	/* very many saves in a row: its clients have had their time */
	kill(oldest->pid, SIGKILL);
	waitpid(oldest->pid, NULL, 0);
	cni_child gone = cni_child_release(oldest);
	cni_buffer_done(&gone.tail);
	return oldest;
}

static cn_status take_copy(cni_children *children, cni_child *child, cn_error *err)
{
	const char *program = children->build->program;

	if (!cni_identity_read(program, &child->identity))
		return cn_fail(err, CN_ENOTFOUND, "the program is gone: %s", program);
	child->copy = cni_program_copy(&children->serve->arena, program, ++children->number);
	return CN_OK; /* without a copy the program itself is run */
}

cn_status cni_child_start(cni_children *children, bool fallback, cn_error *err)
{
	cni_child *child = free_place(children);

	if (!child)
		return cn_fail(err, CN_EIO, "too many processes");
	*child = (cni_child){.fallback = fallback, .control = -1, .errors = -1};
	cni_random_hex(child->build_id, CNI_BUILD_ID_DIGITS);
	if (!fallback)
		TRY(take_copy(children, child, err));
	cni_spawn spawn = {
		.program = child->copy ? child->copy : children->build->program,
		.argv = children->argv,
		.listen_fd = children->serve->listen_fd,
		.build_id = child->build_id,
		.signals = &children->signals,
		.run = fallback ? cni_fallback_run : NULL,
		.serve = children->serve,
	};
	cn_status status =
		cni_spawn_worker(&spawn, &child->pid, &child->control, &child->errors, err);
	if (status < 0)
		cni_child_forget_copy(child);
	else
		cni_child_set_role(child, CNI_ROLE_STARTING);
	return status;
}

/* ---- listening, and the end ---- */

static void keep_tail(cni_buffer *tail, const char *text, size_t size)
{
	cni_buffer_add(tail, text, size);
	if (tail->size <= 2 * (size_t)CNI_TAIL_BYTES)
		return;
	memmove(tail->data, tail->data + tail->size - CNI_TAIL_BYTES, CNI_TAIL_BYTES);
	tail->size = CNI_TAIL_BYTES;
	tail->data[CNI_TAIL_BYTES] = '\0';
}

void cni_child_read_errors(cni_child *child)
{
	char part[8192];
	ssize_t n = read(child->errors, part, sizeof part);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(child->errors);
		child->errors = -1;
		return;
	}
	ssize_t ignored = write(STDERR_FILENO, part, (size_t)n);
	(void)ignored;
	keep_tail(&child->tail, part, (size_t)n);
}

cni_child cni_child_release(cni_child *child)
{
	struct pollfd fd = {child->errors, POLLIN, 0};

	/* what is still in the pipe; a process of its own that it left behind may go on writing */
	for (int i = 0; child->errors >= 0 && i < 64 && poll(&fd, 1, 0) > 0; i++)
		cni_child_read_errors(child);
	if (child->control >= 0)
		close(child->control);
	if (child->errors >= 0)
		close(child->errors);
	cni_child_forget_copy(child);
	cni_child gone = *child;
	*child = (cni_child){0};
	return gone;
}
