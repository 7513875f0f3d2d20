/*
 * static_file.c - files as replies.
 *
 * A name below a static folder is opened segment by segment without following links, so there is no
 * name, and no link that somebody put there, that leads out of the folder.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/try.h"
#include "web/request.h"

enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

static bool etag_known(const cn_request *req, const char *etag)
{
	const char *sent = cn_request_header(req, "If-None-Match"), *at;

	if (!sent)
		return false;
	if (strcmp(sent, "*") == 0)
		return true;
	/* a list of quoted tags, W/ in front or not: a tag of ours holds no quote inside */
	at = strstr(sent, etag);
	return at && (at == sent || strchr(" ,/", at[-1]));
}

/* Takes the descriptor; false when it is no regular file. */
static bool answer_file(cn_reply *reply, int fd, const char *name)
{
	struct stat st;
	char etag[64];

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return false;
	}
	snprintf(etag, sizeof etag, "\"%" PRIxMAX "-%" PRIxMAX "-%" PRIx64 "\"",
		(uintmax_t)st.st_ino, (uintmax_t)st.st_size,
		(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	if (etag_known(reply->req, etag)) {
		close(fd);
		cni_reply_start(reply, CNI_REPLY_BODY, 304, NULL);
	} else {
		cni_reply_start(reply, CNI_REPLY_FILE, 200, cni_mime_type(name));
		reply->file = fd;
		reply->file_size = (uint64_t)st.st_size;
	}
	cn_reply_header(reply, "ETag", etag);
	cn_reply_header(reply, "Cache-Control", "no-cache");
	return true;
}

/* Opens folder/a/b/c; -1 when there is no such file or a step is hidden, a link, or no folder. */
static int open_below(const char *folder, const char *name)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char segment[256];

	while (at >= 0) {
		size_t size = strcspn(name, "/");
		bool last = name[size] == '\0';
		int next = -1;
		if (size && size < sizeof segment && name[0] != '.') {
			memcpy(segment, name, size);
			segment[size] = '\0';
			next = openat(
				at, segment, OPEN_FLAGS | O_NOFOLLOW | (last ? 0 : O_DIRECTORY));
		}
		close(at);
		if (last || next < 0)
			return next;
		at = next;
		name += size + 1;
	}
	return -1;
}

void cni_static_reply(cn_request *req, cn_reply *reply, const char *folder, const char *name)
{
	int fd = open_below(folder, name);

	(void)req;
	if (fd < 0 || !answer_file(reply, fd, name))
		cn_reply_error(reply, 404, "%s", "");
}

void cni_static_handler(cn_request *req, cn_reply *reply)
{
	const cni_static_folder *folder = req->match.route->data;

	cni_static_reply(req, reply, folder->path, cn_request_param(req, "file"));
}

void cn_reply_file(cn_reply *reply, const char *path)
{
	const char *full = cni_path_join(&reply->req->arena, reply->req->web->root, path);
	int fd = full ? open(full, OPEN_FLAGS) : -1;

	if (fd < 0 || !answer_file(reply, fd, full))
		cn_reply_error(reply, 404, "%s", "");
}
