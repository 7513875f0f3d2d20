/* dialect.h - whose SQL a text is. Rowids, affinities, STRICT are words of one engine only; so is
 * what quotes a string. */
#ifndef CNI_SQL_DIALECT_H
#define CNI_SQL_DIALECT_H

typedef enum cni_dialect {
	CNI_DIALECT_SQLITE = 0,
	CNI_DIALECT_POSTGRESQL,
} cni_dialect;

/* The dialect in which an engine of this name writes its statements. */
cni_dialect cni_dialect_of(const char *engine);

#endif
