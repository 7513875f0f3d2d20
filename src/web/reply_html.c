/*
 * reply_html.c - printf whose text cannot become markup.
 *
 * The format is read directive by directive with printf's own meaning, so that the compiler's check
 * of format strings holds here too; only what %s and %c yield is escaped.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "web/request.h"

void cni_html_escape(cni_buffer *out, const char *text, size_t size)
{
	const char *end = size ? text + size : text; /* nothing may be a NULL pointer */

	while (text < end) {
		const char *plain = text, *entity = NULL;
		for (; text < end && !entity; text++) {
			switch (*text) {
			case '&': entity = "&amp;"; break;
			case '<': entity = "&lt;"; break;
			case '>': entity = "&gt;"; break;
			case '"': entity = "&quot;"; break;
			case '\'': entity = "&#39;"; break;
			default: break;
			}
		}
		cni_buffer_add(out, plain, (size_t)(text - plain) - (entity != NULL));
		if (entity)
			cni_buffer_puts(out, entity);
	}
}

typedef struct directive {
	char text[24];        /* "%-08" + length + conversion, without * */
	int width, precision; /* -1: not said */
	bool left;
	char length; /* 0, 'H' (hh), 'h', 'l', 'q' (ll), 'z', 'j', 't' */
	char conversion;
} directive;

static int number(const char **at, va_list *ap)
{
	int n = 0;

	if (**at == '*') {
		(*at)++;
		return va_arg(*ap, int);
	}
	for (; **at >= '0' && **at <= '9' && n < 100000; (*at)++)
		n = n * 10 + (**at - '0');
	return n;
}

/* Reads what follows a '%'; false when it is none of the directives that are known here. */
static bool parse(const char **at, va_list *ap, directive *ret)
{
	char flags[6];
	size_t flag_count = strspn(*at, "-+ #0");

	if (flag_count >= sizeof flags)
		return false;
	memcpy(flags, *at, flag_count);
	flags[flag_count] = '\0';
	*at += flag_count;
	*ret = (directive){.width = -1, .precision = -1, .left = strchr(flags, '-') != NULL};
	if (**at == '*' || (**at >= '1' && **at <= '9'))
		ret->width = number(at, ap);
	if (ret->width < -1) { /* from *: the other side */
		ret->left = true;
		ret->width = -ret->width;
	}
	if (**at == '.') {
		(*at)++;
		ret->precision = number(at, ap);
	}
	if (**at && strchr("hlzjt", **at)) {
		ret->length = *(*at)++;
		if ((ret->length == 'h' || ret->length == 'l') && **at == ret->length) {
			ret->length = ret->length == 'h' ? 'H' : 'q';
			(*at)++;
		}
	}
	ret->conversion = **at;
	*at += **at != '\0';
	snprintf(ret->text, sizeof ret->text, "%%%s*.*%s%c", flags,
		strchr("diuxXo", ret->conversion) ? "j" : "", ret->conversion);
	return ret->width <= 4096 && ret->precision <= 4096 && ret->conversion &&
	       strchr("scdiuxXofFeEgG%", ret->conversion);
}

static intmax_t signed_arg(char length, va_list *ap)
{
	switch (length) {
	case 'H': return (signed char)va_arg(*ap, int);
	case 'h': return (short)va_arg(*ap, int);
	case 'l': return va_arg(*ap, long);
	case 'q': return va_arg(*ap, long long);
	case 'z': return (intmax_t)va_arg(*ap, ssize_t);
	/* NOLINTNEXTLINE(bugprone-branch-clone): the two types are alike on this machine only */
	case 't': return va_arg(*ap, ptrdiff_t);
	case 'j': return va_arg(*ap, intmax_t);
	default: return va_arg(*ap, int);
	}
}

static uintmax_t unsigned_arg(char length, va_list *ap)
{
	switch (length) {
	case 'H': return (unsigned char)va_arg(*ap, unsigned);
	case 'h': return (unsigned short)va_arg(*ap, unsigned);
	case 'l': return va_arg(*ap, unsigned long);
	case 'q': return va_arg(*ap, unsigned long long);
	case 'z': return va_arg(*ap, size_t);
	case 't': return (uintmax_t)va_arg(*ap, ptrdiff_t);
	case 'j': return va_arg(*ap, uintmax_t);
	default: return va_arg(*ap, unsigned);
	}
}

static void put_text(cn_reply *reply, bool escape, const directive *d, const char *text)
{
	size_t size = !text               ? 0
		      : d->precision >= 0 ? strnlen(text, (size_t)d->precision)
					  : strlen(text);
	size_t pad = d->width > 0 && (size_t)d->width > size ? (size_t)d->width - size : 0;

	for (size_t i = 0; !d->left && i < pad; i++)
		cni_buffer_putc(&reply->body, ' ');
	if (escape)
		cni_html_escape(&reply->body, text, size);
	else
		cni_buffer_add(&reply->body, text, size);
	for (size_t i = 0; d->left && i < pad; i++)
		cni_buffer_putc(&reply->body, ' ');
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* built by parse() from known parts */
static void put(cn_reply *reply, bool escape, const directive *d, va_list *ap)
{
	int width = d->width < 0 ? 0 : d->width;
	char letter[2] = {0};

	switch (d->conversion) {
	case '%': cni_buffer_putc(&reply->body, '%'); break;
	case 's': put_text(reply, escape, d, va_arg(*ap, const char *)); break;
	case 'c':
		letter[0] = (char)va_arg(*ap, int);
		put_text(reply, escape, d, letter);
		break;
	case 'd':
	case 'i':
		cni_buffer_printf(
			&reply->body, d->text, width, d->precision, signed_arg(d->length, ap));
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		cni_buffer_printf(
			&reply->body, d->text, width, d->precision, unsigned_arg(d->length, ap));
		break;
	default:
		cni_buffer_printf(&reply->body, d->text, width, d->precision, va_arg(*ap, double));
		break;
	}
}
#pragma GCC diagnostic pop

void cni_html_vprintf(cn_reply *reply, bool escape, const char *fmt, va_list args)
{
	va_list ap;

	va_copy(ap, args); /* a va_list parameter may be an array's address already */
	while (*fmt) {
		size_t plain = strcspn(fmt, "%");
		directive d;
		cni_buffer_add(&reply->body, fmt, plain);
		fmt += plain;
		if (!*fmt)
			break;
		fmt++;
		if (!parse(&fmt, &ap, &d) ||
			(d.length && strchr("scfFeEgG", d.conversion) && d.length != 'l') ||
			(d.length == 'l' && strchr("sc", d.conversion))) {
			cni_reply_break(reply, CN_EARG,
				"a reply's format has a directive that is not known here");
			break;
		}
		put(reply, escape, &d, &ap);
	}
	va_end(ap);
}
