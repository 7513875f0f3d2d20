/* json_body.c - a JSON body and its members; see cantil/web.h. The only file of web/ that knows
 * jansson. */
#include <ctype.h>
#include <string.h>

#include <jansson.h>

#include "base/try.h"
#include "web/request.h"

enum { DEPTH_MAX = 32 };

/* Counted before parsing: the library's own bound is a constant of its build, 64 times as deep. */
static bool too_deep(const char *text, size_t size)
{
	size_t depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (in_text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_text = false;
		} else if (c == '"') {
			in_text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		}
	}
	return false;
}

cn_status cni_request_read_json(cn_request *req, cn_error *err)
{
	json_error_t why;

	if (too_deep(cni_buffer_text(&req->body), req->body.size))
		return cn_fail(err, CN_EARG, "the JSON is nested deeper than %d levels", DEPTH_MAX);
	req->json = json_loadb(cni_buffer_text(&req->body), req->body.size,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (req->json)
		return CN_OK;
	if (json_error_code(&why) == json_error_out_of_memory)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_error_set(err, CN_EARG, "the body is no JSON that is understood here: %s", why.text);
	cn_error_detail(err, "line %d, column %d", why.line, why.column);
	return CN_EARG;
}

void cni_json_free(cn_request *req)
{
	json_decref(req->json);
	req->json = NULL;
}

/* "a.b[2].c" from the root; NULL when a step leads nowhere. */
static const json_t *find(const cn_request *req, const char *path)
{
	const json_t *at = req->json;
	char key[256];

	while (at && *path) {
		if (*path == '[') {
			char *end;
			if (!isdigit((unsigned char)path[1]))
				return NULL;
			unsigned long index = strtoul(path + 1, &end, 10);
			if (*end != ']')
				return NULL;
			at = json_array_get(at, index);
			path = end + 1;
		} else {
			size_t size = strcspn(path, ".[");
			if (!size || size >= sizeof key)
				return NULL;
			memcpy(key, path, size);
			key[size] = '\0';
			at = json_object_get(at, key);
			path += size;
		}
		if (*path == '.' && path[1])
			path++;
		else if (*path && *path != '[')
			return NULL;
	}
	return at;
}

cn_json_kind cn_request_json_kind(const cn_request *req, const char *path)
{
	const json_t *at = find(req, path);

	if (!at)
		return CN_JSON_ABSENT;
	switch (json_typeof(at)) {
	case JSON_OBJECT: return CN_JSON_OBJECT;
	case JSON_ARRAY: return CN_JSON_ARRAY;
	case JSON_STRING: return CN_JSON_TEXT;
	case JSON_INTEGER: return CN_JSON_INT;
	case JSON_REAL: return CN_JSON_DOUBLE;
	case JSON_TRUE:
	case JSON_FALSE: return CN_JSON_BOOL;
	case JSON_NULL: return CN_JSON_NULL;
	}
	return CN_JSON_ABSENT;
}

const char *cn_request_json_text(const cn_request *req, const char *path)
{
	return json_string_value(find(req, path));
}

cn_null_int64 cn_request_json_int(const cn_request *req, const char *path)
{
	const json_t *at = find(req, path);

	return json_is_integer(at) ? (cn_null_int64){true, json_integer_value(at)}
				   : (cn_null_int64){0};
}

cn_null_double cn_request_json_double(const cn_request *req, const char *path)
{
	const json_t *at = find(req, path);

	return json_is_number(at) ? (cn_null_double){true, json_number_value(at)}
				  : (cn_null_double){0};
}

cn_null_bool cn_request_json_bool(const cn_request *req, const char *path)
{
	const json_t *at = find(req, path);

	return json_is_boolean(at) ? (cn_null_bool){true, json_is_true(at)} : (cn_null_bool){0};
}

size_t cn_request_json_count(const cn_request *req, const char *path)
{
	const json_t *at = find(req, path);

	return json_is_array(at) ? json_array_size(at) : json_object_size(at);
}
