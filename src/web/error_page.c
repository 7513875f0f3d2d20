/* error_page.c - what a client sees when there is no answer: a page or a JSON object of the same
 * facts. */
#include <string.h>

#include "base/try.h"
#include "web/request.h"

static const struct {
	int status;
	const char *words;
} words[] = {
	{400, "Bad request"},
	{401, "Not signed in"},
	{403, "Not allowed"},
	{404, "Not found"},
	{405, "Method not allowed"},
	{408, "Too slow"},
	{409, "Conflict"},
	{410, "Gone"},
	{413, "Too large"},
	{414, "Address too long"},
	{415, "Type not understood"},
	{422, "Not acceptable content"},
	{429, "Too many requests"},
	{431, "Headers too large"},
	{500, "Internal error"},
	{501, "Not implemented"},
	{503, "Not available now"},
	{505, "HTTP version not spoken"},
};

const char *cni_status_words(int status)
{
	for (size_t i = 0; i < CNI_COUNT(words); i++) {
		if (words[i].status == status)
			return words[i].words;
	}
	return "Error";
}

int cni_status_of(cn_status status)
{
	switch (status) {
	case CN_ENOTFOUND: return 404;
	case CN_EARG: return 400;
	case CN_ECONSTRAINT: return 409;
	case CN_ECONFLICT: return 503;
	default: return 500;
	}
}

static const char style[] =
	"<style>:root{color-scheme:light dark;--ink:#1d2433;--soft:#5b6579;--paper:#f6f7f9;--card:#fff;--line:#dfe3ea;--mark:#b3261e}"
	"@media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--soft:#a3acbd;--paper:#14171d;--card:#1d222b;--line:#323a47;--mark:#ff8a80}}"
	"*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);"
	"color:var(--ink);font:16px/1.55 system-ui,sans-serif}main{width:100%;max-width:44rem;background:var(--card);border:1px solid "
	"var(--line);border-top:4px solid var(--mark);border-radius:10px;padding:1.75rem 2rem}h1{margin:0 0 .25rem;font-size:1.45rem;"
	"line-height:1.3}p{margin:.4rem 0;overflow-wrap:anywhere}.code{color:var(--soft);font-size:.9rem;margin:0 0 .6rem}"
	"h2{margin:1.1rem 0 .3rem;font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft)}"
	"pre{margin:0;padding:.75rem .9rem;background:var(--paper);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;"
	"overflow-wrap:anywhere;font:13.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}</style>";

static void put_escaped(cni_buffer *out, const char *before, const char *text, const char *after)
{
	if (!text || !*text)
		return;
	cni_buffer_puts(out, before);
	cni_html_escape(out, text, strlen(text));
	cni_buffer_puts(out, after);
}

void cni_page_html(cni_buffer *out, const char *title, const char *heading, const char *text,
	const char *detail, const char *hint)
{
	cni_buffer_puts(out,
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
	put_escaped(out, "<title>", title, "</title>");
	cni_buffer_puts(out, style);
	cni_buffer_puts(out, "</head><body><main>");
	put_escaped(out, "<p class=\"code\">", title, "</p>");
	put_escaped(out, "<h1>", heading, "</h1>");
	put_escaped(out, "<p>", text, "</p>");
	put_escaped(out, "<h2>Detail</h2><pre>", detail, "</pre>");
	put_escaped(out, "<h2>What to do</h2><pre>", hint, "</pre>");
	cni_buffer_puts(out, "</main></body></html>");
}

static void as_json(cn_reply *reply, const cn_error *shown)
{
	cni_json json = {.out = &reply->body};

	cni_json_object(&json, NULL);
	cni_json_object(&json, "error");
	cni_json_int(&json, "status", reply->status);
	cni_json_text(&json, "message",
		*shown->message ? shown->message : cni_status_words(reply->status));
	if (*shown->detail)
		cni_json_text(&json, "detail", shown->detail);
	if (*shown->hint)
		cni_json_text(&json, "hint", shown->hint);
	cni_json_end(&json);
	cni_json_end(&json);
}

void cni_error_page(cn_reply *reply)
{
	cn_request *req = reply->req;
	cn_error shown = reply->error;
	char title[64];

	if (reply->secret && !req->web->debug)
		shown = (cn_error){0};
	cni_buffer_clear(&reply->body);
	reply->kind = CNI_REPLY_BODY;
	if (cn_request_wants_json(req)) {
		reply->content_type = "application/json";
		reply->html = false;
		as_json(reply, &shown);
		return;
	}
	reply->content_type = "text/html; charset=utf-8";
	reply->html = true;
	const char *usual = cni_status_words(reply->status);
	snprintf(title, sizeof title, "%d %s", reply->status, usual);
	cni_page_html(&reply->body, title, *shown.message ? shown.message : usual, NULL,
		shown.detail, shown.hint);
}
