/* test_backup.c - making, checking, restoring and dropping: the right way, and every way that goes
 * wrong. */
#include "backup_test.h"

#include <signal.h>
#include <sys/wait.h>

static cn_status restore(folder *f, const char *file, bool force, cni_restored *ret)
{
	return cni_backup_restore(&f->arena,
		&(cni_restore){
			.file = file, .target = f->db, .force = force, .options = no_options},
		ret, &f->err);
}

static void says_what_is_in_it(void **state)
{
	folder *f = *state;
	const char *to = in(f, "b.db");
	cni_manifest m, again;
	bool has;

	run_sql(f, f->db,
		"CREATE TABLE cantil_version (number INTEGER PRIMARY KEY, revision TEXT, applied_at TEXT); INSERT INTO cantil_version (revision, applied_at) VALUES ('base', ''), ('abc', '')");
	make_backup(f, to, &m);
	assert_int_equal(m.table_count, 2);
	assert_string_equal(m.tables[1].name, "b \"x");
	assert_int_equal(m.tables[0].rows, 1000);
	assert_int_equal(m.tables[1].rows, 10);
	assert_int_equal(m.revision_count, 1);
	assert_string_equal(m.revisions[0], "abc");
	assert_int_equal(m.size_bytes, cni_file_size(to));
	assert_ok(cni_backup_verify(&f->arena, to, &no_options, &again, &has, &f->err), &f->err);
	assert_true(has);
	assert_string_equal(again.sha256, m.sha256);
	assert_int_equal(count_names(f, ".cantil-part-"), 0);
}

static void sees_no_half_transaction(void **state)
{
	folder *f = *state;
	cni_conn *writer = open_at(f, f->db, CNI_OPEN_WRITE);
	cni_manifest m;

	assert_ok(cni_conn_begin(writer, CNI_TX_WRITE, &f->err), &f->err);
	assert_ok(cni_conn_exec(writer, "DELETE FROM a WHERE id > 500", &f->err), &f->err);
	make_backup(f, in(f, "b.db"), &m);
	assert_int_equal(m.tables[0].rows, 1000);
	assert_ok(cni_conn_commit(writer, &f->err), &f->err);
	make_backup(f, in(f, "c.db"), &m);
	assert_int_equal(m.tables[0].rows, 500);
	cni_conn_close(writer);
}

/* Another process writes two rows a transaction, as fast as it can: every copy holds both or none
 * of each pair. */
static void is_consistent_under_load(void **state)
{
	folder *f = *state;

	run_sql(f, f->db, "CREATE TABLE p (x); CREATE TABLE q (x)");
	pid_t writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) {
		cni_conn *conn = open_at(f, f->db, CNI_OPEN_WRITE);
		for (;;)
			if (cni_conn_exec(conn,
				    "BEGIN IMMEDIATE; INSERT INTO p VALUES (1); INSERT INTO q VALUES (1); COMMIT",
				    &f->err) < 0)
				_exit(1);
	}
	int64_t last = 0;
	for (int i = 0; i < 5; i++) {
		const char *to = cni_printf(&f->arena, "%s/load%d.db", f->path, i);
		cni_manifest m;
		int64_t p = 0;
		/* there is something new since the last one */
		while ((p = ask_int(f, f->db, "SELECT count(*) FROM p")) <= last)
			;
		make_backup(f, to, &m);
		last = ask_int(f, to, "SELECT count(*) FROM p");
		assert_true(last >= p);
		assert_int_equal(ask_int(f, to, "SELECT count(*) FROM q"), last);
	}
	kill(writer, SIGKILL);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
}

static void never_overwrites(void **state)
{
	folder *f = *state;
	const char *to = in(f, "b.db");
	cni_conn *conn = open_at(f, f->db, CNI_OPEN_READ);
	cni_manifest m;

	assert_ok(cni_file_write(to, "mine", 4, true, &f->err), &f->err);
	assert_int_equal(
		cni_backup_make(conn, &f->arena, to, &no_options, &m, &f->err), CN_ECONFLICT);
	assert_int_equal(cni_file_size(to), 4);
	assert_int_equal(unlink(to), 0);
	assert_ok(cni_file_write(cni_manifest_path(&f->arena, to), "mine", 4, true, &f->err),
		&f->err);
	assert_int_equal(
		cni_backup_make(conn, &f->arena, to, &no_options, &m, &f->err), CN_ECONFLICT);
	assert_false(cni_file_exists(to));
	assert_int_equal(
		cni_backup_make(conn, &f->arena, in(f, "no/b.db"), &no_options, &m, &f->err),
		CN_ENOTFOUND);
	assert_int_equal(count_names(f, ".cantil-part-"), 0);
	cni_conn_close(conn);
}

static void removes_parts_of_the_dead(void **state)
{
	folder *f = *state;
	cni_manifest m;

	assert_ok(cni_file_write(in(f, "b.db.cantil-part-999999999"), "half", 4, true, &f->err),
		&f->err);
	assert_ok(cni_file_write(
			  in(f, "b.db.cantil-part-999999999-journal"), "half", 4, true, &f->err),
		&f->err);
	assert_ok(cni_file_write(in(f, "b.db.cantil-part-1"), "alive", 5, true, &f->err), &f->err);
	assert_ok(cni_file_write(in(f, "b.db.cantil-part-999999999x"), "other", 5, true, &f->err),
		&f->err);
	make_backup(f, in(f, "b.db"), &m);
	assert_false(cni_file_exists(in(f, "b.db.cantil-part-999999999")));
	assert_false(cni_file_exists(in(f, "b.db.cantil-part-999999999-journal")));
	assert_true(cni_file_exists(in(f, "b.db.cantil-part-1")));
	assert_true(cni_file_exists(in(f, "b.db.cantil-part-999999999x")));
}

/* Every byte counts: one of each 512 is changed in turn. */
static void notices_every_change(void **state)
{
	folder *f = *state;
	const char *to = in(f, "b.db");
	cni_manifest m;
	size_t size, tried = 0;
	char *data;
	bool has;

	make_backup(f, to, &m);
	assert_ok(cni_file_read(&f->arena, to, 1 << 24, &data, &size, &f->err), &f->err);
	for (size_t at = 7; at < size; at += 4096 - 5, tried++) {
		data[at] = (char)(data[at] ^ 0x41);
		assert_ok(cni_file_write(to, data, size, false, &f->err), &f->err);
		assert_int_equal(cni_backup_verify(&f->arena, to, &no_options, &m, &has, &f->err),
			CN_ESCHEMA);
		data[at] = (char)(data[at] ^ 0x41);
	}
	assert_true(tried > 5);
	assert_ok(cni_file_write(to, data, size - 1, false, &f->err), &f->err);
	assert_int_equal(
		cni_backup_verify(&f->arena, to, &no_options, &m, &has, &f->err), CN_ESCHEMA);
	assert_ok(cni_file_write(to, data, size, false, &f->err), &f->err);
	assert_ok(cni_backup_verify(&f->arena, to, &no_options, &m, &has, &f->err), &f->err);
}

static void restores_and_keeps(void **state)
{
	folder *f = *state;
	cni_restored restored;
	cni_manifest m;

	make_backup(f, in(f, "b.db"), &m);
	run_sql(f, f->db, "DELETE FROM a WHERE id > 10");
	assert_int_equal(chmod(f->db, 0640), 0);
	assert_ok(restore(f, in(f, "b.db"), false, &restored), &f->err);
	assert_true(restored.has_manifest);
	assert_int_equal(ask_int(f, f->db, "SELECT count(*) FROM a"), 1000);
	assert_int_equal(ask_int(f, restored.kept, "SELECT count(*) FROM a"), 10);
	struct stat st;
	assert_int_equal(stat(f->db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(count_names(f, ".cantil-part-"), 0);
	/* what is in a WAL is kept as well */
	cni_conn *conn = open_at(f, f->db, CNI_OPEN_WRITE);
	assert_ok(cni_conn_exec(conn, "DELETE FROM a WHERE id > 77", &f->err), &f->err);
	cni_conn_close(conn);
	assert_ok(restore(f, in(f, "b.db"), false, &restored), &f->err);
	assert_int_equal(ask_int(f, restored.kept, "SELECT count(*) FROM a"), 77);
	/* into nothing */
	assert_int_equal(unlink(f->db), 0);
	assert_ok(restore(f, in(f, "b.db"), false, &restored), &f->err);
	assert_null(restored.kept);
	assert_int_equal(ask_int(f, f->db, "SELECT count(*) FROM a"), 1000);
}

static void refuses_a_database_in_use(void **state)
{
	folder *f = *state;
	const char *kept;
	cni_restored restored;
	cni_manifest m;

	make_backup(f, in(f, "b.db"), &m);
	cni_conn *other = open_at(f, f->db, CNI_OPEN_WRITE);
	assert_ok(cni_conn_exec(other, "DELETE FROM a WHERE id = 900", &f->err), &f->err);
	assert_int_equal(restore(f, in(f, "b.db"), false, &restored), CN_ECONFLICT);
	assert_int_equal(cni_database_drop(&f->arena, f->db, true, &kept, &f->err), CN_ECONFLICT);
	/* nor by force */
	assert_int_equal(restore(f, in(f, "b.db"), true, &restored), CN_ECONFLICT);
	/* who has it open goes on, in WAL as before */
	const char *mode;
	assert_ok(cni_conn_exec(other, "DELETE FROM a WHERE id = 901", &f->err), &f->err);
	assert_ok(cni_conn_text(other, &f->arena, "PRAGMA journal_mode", &mode, &f->err), &f->err);
	assert_string_equal(mode, "wal");
	cni_conn_close(other);
	assert_int_equal(ask_int(f, f->db, "SELECT count(*) FROM a"), 998);
	assert_int_equal(count_names(f, "before-restore"), 0);
	assert_int_equal(count_names(f, "dropped"), 0);
	assert_int_equal(count_names(f, ".cantil-part-"), 0);
}

static void refuses_bad_files(void **state)
{
	folder *f = *state;
	const char *bad = in(f, "bad.db");
	cni_restored restored;
	cni_manifest m;

	assert_int_equal(restore(f, in(f, "none.db"), false, &restored), CN_ENOTFOUND);
	assert_int_equal(restore(f, f->db, false, &restored), CN_EARG);
	assert_ok(
		cni_file_write(bad,
			"no database at all, but long enough to look at: 0123456789 0123456789 0123456789 0123456789",
			90, true, &f->err),
		&f->err);
	assert_int_equal(restore(f, bad, true, &restored), CN_ECONNECT);

	/* pages missing, without a manifest that would tell */
	make_backup(f, in(f, "b.db"), &m);
	assert_int_equal(unlink(bad), 0);
	assert_ok(cni_file_copy(in(f, "b.db"), bad, &f->err), &f->err);
	assert_int_equal(truncate(bad, 8192), 0);
	assert_true(restore(f, bad, true, &restored) < 0);

	/* foreign keys that lead nowhere: by force only, unless the manifest says that it was so */
	run_sql(f, in(f, "fk.db"),
		"PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); INSERT INTO c VALUES (1)");
	assert_int_equal(restore(f, in(f, "fk.db"), false, &restored), CN_ESCHEMA);
	assert_int_equal(ask_int(f, f->db, "SELECT count(*) FROM a"), 1000);
	assert_ok(restore(f, in(f, "fk.db"), true, &restored), &f->err);
	make_backup(f, in(f, "fk2.db"), &m);
	assert_int_equal(m.violations, 1);
	assert_ok(restore(f, in(f, "fk2.db"), false, &restored), &f->err);
	assert_int_equal(count_names(f, ".cantil-part-"), 0);
}

static void replaces_a_damaged_database_by_force(void **state)
{
	folder *f = *state;
	cni_restored restored;
	cni_manifest m;

	make_backup(f, in(f, "b.db"), &m);
	assert_ok(
		cni_file_write(f->db,
			"damaged damaged damaged damaged damaged damaged damaged damaged damaged damaged damaged damaged damaged",
			100, false, &f->err),
		&f->err);
	assert_int_equal(restore(f, in(f, "b.db"), false, &restored), CN_ECONNECT);
	assert_ok(restore(f, in(f, "b.db"), true, &restored), &f->err);
	assert_int_equal(cni_file_size(restored.kept), 100);
	assert_int_equal(ask_int(f, f->db, "SELECT count(*) FROM a"), 1000);
}

static void minds_journals(void **state)
{
	folder *f = *state;
	cni_restored restored;
	cni_manifest m;

	make_backup(f, in(f, "b.db"), &m);
	assert_int_equal(unlink(f->db), 0);
	assert_ok(cni_file_write(in(f, "x.db-wal"), "rows", 4, true, &f->err), &f->err);
	assert_int_equal(restore(f, in(f, "b.db"), true, &restored), CN_ECONFLICT);
	assert_false(cni_file_exists(f->db));
	assert_int_equal(unlink(in(f, "x.db-wal")), 0);
	assert_ok(restore(f, in(f, "b.db"), false, &restored), &f->err);
}

static void drops(void **state)
{
	folder *f = *state;
	const char *kept;

	assert_ok(cni_database_drop(&f->arena, f->db, true, &kept, &f->err), &f->err);
	assert_false(cni_file_exists(f->db));
	assert_int_equal(ask_int(f, kept, "SELECT count(*) FROM a"), 1000);
	assert_int_equal(count_names(f, "x.db-"), 0);
	run_sql(f, f->db, "CREATE TABLE a (x)");
	assert_ok(cni_database_drop(&f->arena, f->db, false, &kept, &f->err), &f->err);
	assert_null(kept);
	assert_int_equal(count_names(f, "x"), 1); /* the first copy */
}

static void names_are_free(void **state)
{
	folder *f = *state;
	const char *one = cni_backup_name(&f->arena, f->db, ""), *two;

	assert_ok(cni_file_write(one, "", 0, true, &f->err), &f->err);
	two = cni_backup_name(&f->arena, f->db, "");
	assert_string_not_equal(one, two);
	assert_false(cni_file_exists(two));
	assert_true(strstr(cni_backup_name(&f->arena, "/a.b/store", "dropped"),
			    "/a.b/store-dropped-2") != NULL);
	assert_true(strstr(cni_backup_name(&f->arena, "/a/.hidden", ""), "/a/.hidden-2") != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(says_what_is_in_it),
		in_folder(sees_no_half_transaction),
		in_folder(is_consistent_under_load),
		in_folder(never_overwrites),
		in_folder(removes_parts_of_the_dead),
		in_folder(notices_every_change),
		in_folder(restores_and_keeps),
		in_folder(refuses_a_database_in_use),
		in_folder(refuses_bad_files),
		in_folder(replaces_a_damaged_database_by_force),
		in_folder(minds_journals),
		in_folder(drops),
		in_folder(names_are_free),
	};
	return RUN(tests);
}
