/* The files of a keys directory: what is written is read back, and every error is said with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "link/link_peers.h"

struct keyring {
    char dir[64];
    struct link_keys keys;
    struct fault fault;
};

static void path_of(const struct keyring *keyring, const char *file, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", keyring->dir, file);
}

static void put_file(const struct keyring *keyring, const char *file, const char *text)
{
    char path[PATH_SIZE];
    path_of(keyring, file, path);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    chmod(path, 0600);
}

static int open_keyring(void **state)
{
    struct keyring *keyring = calloc(1, sizeof *keyring);
    text_put(keyring->dir, sizeof keyring->dir, "/tmp/sanji-test-keys-XXXXXX");
    if (!mkdtemp(keyring->dir) || link_keys_make(&keyring->keys, NULL) != ERR_OK)
        return -1;
    *state = keyring;
    return 0;
}

static int close_keyring(void **state)
{
    struct keyring *keyring = *state;
    char path[PATH_SIZE + 256];
    DIR *dir = opendir(keyring->dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", keyring->dir, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(keyring->dir);
    free(keyring);
    return 0;
}

static void test_a_key_pair_is_read_back_and_only_its_owner_may_read_the_secret(void **state)
{
    struct keyring *keyring = *state;
    struct link_keys read = {0};
    char public_key[LINK_KEY_SIZE];
    char path[PATH_SIZE];
    struct stat status;
    assert_int_equal(link_keys_save(keyring->dir, "440306", &keyring->keys, &keyring->fault), ERR_OK);
    assert_int_equal(link_keys_load(keyring->dir, "440306", &read, &keyring->fault), ERR_OK);
    assert_string_equal(read.public_key, keyring->keys.public_key);
    assert_string_equal(read.secret_key, keyring->keys.secret_key);
    assert_int_equal(link_keys_load_public(keyring->dir, "440306", public_key, &keyring->fault), ERR_OK);
    assert_string_equal(public_key, keyring->keys.public_key);
    path_of(keyring, "440306.key", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    link_keys_forget(&read);
    assert_string_equal(read.secret_key, "");
}

static void test_replacing_a_file_leaves_no_draft_behind(void **state)
{
    struct keyring *keyring = *state;
    int files = 0;
    assert_int_equal(link_keys_save(keyring->dir, "a", &keyring->keys, NULL), ERR_OK);
    assert_int_equal(link_keys_save(keyring->dir, "a", &keyring->keys, NULL), ERR_OK);
    DIR *dir = opendir(keyring->dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        files += entry->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(files, 2);
}

static void test_a_secret_key_that_others_may_read_is_refused(void **state)
{
    struct keyring *keyring = *state;
    struct link_keys read;
    char path[PATH_SIZE];
    assert_int_equal(link_keys_save(keyring->dir, "a", &keyring->keys, NULL), ERR_OK);
    path_of(keyring, "a.key", path);
    chmod(path, 0640);
    assert_int_equal(link_keys_load(keyring->dir, "a", &read, &keyring->fault), ERR_CONFIG);
    assert_non_null(strstr(keyring->fault.text, "a.key"));
    assert_non_null(strstr(keyring->fault.text, "chmod 600"));
}

static void test_a_key_file_that_is_no_pair_is_refused(void **state)
{
    struct keyring *keyring = *state;
    struct link_keys other;
    struct link_keys read;
    char text[256];
    put_file(keyring, "a.key", "not a key\n");
    assert_int_equal(link_keys_load(keyring->dir, "a", &read, &keyring->fault), ERR_CONFIG);
    assert_int_equal(link_keys_make(&other, NULL), ERR_OK);
    snprintf(text, sizeof text, "%s\n%s\n", keyring->keys.public_key, other.secret_key);
    put_file(keyring, "a.key", text);
    assert_int_equal(link_keys_load(keyring->dir, "a", &read, &keyring->fault), ERR_CONFIG);
    assert_non_null(strstr(keyring->fault.text, "a.key:2"));
    assert_null(strstr(keyring->fault.text, other.secret_key));
    assert_int_equal(link_keys_load(keyring->dir, "none", &read, &keyring->fault), ERR_IO);
    assert_int_equal(link_keys_load(keyring->dir, "../a", &read, &keyring->fault), ERR_BAD_TEXT);
}

static void test_a_peer_list_is_read_back_as_written(void **state)
{
    struct keyring *keyring = *state;
    struct link_peers peers = {0};
    struct link_peers read = {0};
    for (int i = 0; i < 200; i++) { /* so many keys that some hold a '#' */
        struct link_keys keys;
        struct link_peer peer = {.kind = i % 2 ? LINK_CENTER : LINK_CLIENT};
        assert_int_equal(link_keys_make(&keys, NULL), ERR_OK);
        snprintf(peer.name, sizeof peer.name, "peer-%d", i);
        text_put(peer.public_key, sizeof peer.public_key, keys.public_key);
        assert_int_equal(link_peers_add(&peers, &peer, &keyring->fault), ERR_OK);
    }
    assert_int_equal(link_peers_save(keyring->dir, &peers, &keyring->fault), ERR_OK);
    assert_int_equal(link_peers_load(keyring->dir, &read, &keyring->fault), ERR_OK);
    assert_int_equal(read.count, peers.count);
    for (size_t i = 0; i < read.count; i++) {
        assert_string_equal(read.list[i].name, peers.list[i].name);
        assert_int_equal(read.list[i].kind, peers.list[i].kind);
        assert_string_equal(read.list[i].public_key, peers.list[i].public_key);
    }
    link_peers_free(&peers);
    link_peers_free(&read);
    assert_int_equal(read.count, 0);
}

static void test_field_lines_are_read_back_with_their_units(void **state)
{
    struct keyring *keyring = *state;
    struct link_peers peers = {0}, again = {0};
    struct link_keys other;
    char text[512];
    assert_int_equal(link_keys_make(&other, NULL), ERR_OK);
    snprintf(text, sizeof text, "field gateway %s   aux.1\tpolice-2.1  # the phones\r\nfield bridge %s *\n",
             keyring->keys.public_key, other.public_key);
    put_file(keyring, "peers", text);
    assert_int_equal(link_peers_load(keyring->dir, &peers, &keyring->fault), ERR_OK);
    assert_int_equal(link_peers_save(keyring->dir, &peers, &keyring->fault), ERR_OK);
    assert_int_equal(link_peers_load(keyring->dir, &again, &keyring->fault), ERR_OK);
    assert_int_equal(again.count, 2);
    assert_int_equal(again.list[0].kind, LINK_FIELD);
    assert_string_equal(again.list[0].units, "aux.1 police-2.1");
    assert_string_equal(again.list[1].units, "*");
    assert_true(link_peers_speaks_for(&again, "gateway", "police-2.1"));
    assert_false(link_peers_speaks_for(&again, "gateway", "police-3.1"));
    assert_true(link_peers_speaks_for(&again, "bridge", "police-3.1"));
    link_peers_free(&peers);
    link_peers_free(&again);
}

static void test_the_longest_list_of_units_is_kept_and_a_longer_one_refused(void **state)
{
    struct keyring *keyring = *state;
    struct link_peers peers = {0}, read = {0};
    struct link_peer peer = {.kind = LINK_FIELD, .name = "gateway", .units = calloc(1, LINK_UNITS_SIZE + 1)};
    text_put(peer.public_key, sizeof peer.public_key, keyring->keys.public_key);
    memset(peer.units, 'u', LINK_UNITS_SIZE);
    for (size_t i = USER_SIZE - 1; i < LINK_UNITS_SIZE; i += USER_SIZE)
        peer.units[i] = ' ';
    assert_int_equal(link_peers_add(&peers, &peer, &keyring->fault), ERR_TOO_LONG);
    peer.units[LINK_UNITS_SIZE - 1] = '\0';
    assert_int_equal(link_peers_add(&peers, &peer, &keyring->fault), ERR_OK);
    assert_int_equal(link_peers_save(keyring->dir, &peers, &keyring->fault), ERR_OK);
    assert_int_equal(link_peers_load(keyring->dir, &read, &keyring->fault), ERR_OK);
    assert_string_equal(read.list[0].units, peer.units);
    free(peer.units);
    link_peers_free(&peers);
    link_peers_free(&read);
}

/* "%K" in a line stands for the keyring's key. */
static void test_each_bad_line_is_named_by_file_and_line(void **state)
{
    static const struct {
        const char *lines;
        const char *place;
    } files[] = {
        {"center s1 %K\nhouse s2 %K\n", "peers:2: 'house'"},
        {"# streets\n\ncenter s1\n", "peers:3: a line is"},
        {"center s1 %K extra\n", "peers:1: a line is"},
        {"center s1 tooshort\n", "peers:1: the key of 's1'"},
        {"center s1 %Kx\n", "peers:1: the key of 's1'"},
        {"center s/1 %K\n", "peers:1: 's/1'"},
        {"center a-code-longer-than-any %K\n", "peers:1: 'a-code-longer-than-any'"},
        {"center s1 %K\n\nclient s1 %K\n", "peers:3: 's1' is listed twice"},
        {"field s1 %K\n", "peers:1: a field client speaks for units"},
        {"field s1 %K # all\n", "peers:1: a field client speaks for units"},
        {"field s1 %K aux.1 *\n", "peers:1: '*' is all units"},
        {"field s1 %K * aux.1\n", "peers:1: '*' is all units"},
        {"field s1 %K aux.1 aux/2\n", "peers:1: 'aux/2'"},
        {"field s1 %K a-name-that-is-longer-than-any-name-of-a-unit-may-be\n", "peers:1: 'a-name"},
        {"field s1\n", "peers:1: a line is"},
        {"center s1 %K *\n", "peers:1: a line is"},
        {"center s1 %K\nclient s2 %K\n", "peers:2: 's1' and 's2' have the same key"},
    };
    struct keyring *keyring = *state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct link_peers peers = {0};
        char text[512] = "";
        for (const char *at = files[i].lines; *at; at++) {
            size_t used = strlen(text);
            bool key = at[0] == '%' && at[1] == 'K';
            snprintf(text + used, sizeof text - used, "%.*s", key ? 40 : 1,
                     key ? keyring->keys.public_key : at);
            at += key;
        }
        put_file(keyring, "peers", text);
        assert_int_equal(link_peers_load(keyring->dir, &peers, &keyring->fault), ERR_CONFIG);
        if (!strstr(keyring->fault.text, files[i].place))
            fail_msg("'%s' does not say '%s'", keyring->fault.text, files[i].place);
        assert_null(peers.list);
    }
}

static void test_comments_and_blank_lines_add_nothing(void **state)
{
    struct keyring *keyring = *state;
    struct link_peers peers = {0};
    char text[256];
    snprintf(text, sizeof text, "# the streets\r\n\n  center s1 %s # the first\r\n#end",
             keyring->keys.public_key);
    put_file(keyring, "peers", text);
    assert_int_equal(link_peers_load(keyring->dir, &peers, &keyring->fault), ERR_OK);
    assert_int_equal(peers.count, 1);
    assert_string_equal(peers.list[0].name, "s1");
    link_peers_free(&peers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_key_pair_is_read_back_and_only_its_owner_may_read_the_secret,
                                        open_keyring, close_keyring),
        cmocka_unit_test_setup_teardown(test_replacing_a_file_leaves_no_draft_behind, open_keyring,
                                        close_keyring),
        cmocka_unit_test_setup_teardown(test_a_secret_key_that_others_may_read_is_refused, open_keyring,
                                        close_keyring),
        cmocka_unit_test_setup_teardown(test_a_key_file_that_is_no_pair_is_refused, open_keyring,
                                        close_keyring),
        cmocka_unit_test_setup_teardown(test_a_peer_list_is_read_back_as_written, open_keyring,
                                        close_keyring),
        cmocka_unit_test_setup_teardown(test_field_lines_are_read_back_with_their_units, open_keyring,
                                        close_keyring),
        cmocka_unit_test_setup_teardown(test_the_longest_list_of_units_is_kept_and_a_longer_one_refused,
                                        open_keyring, close_keyring),
        cmocka_unit_test_setup_teardown(test_each_bad_line_is_named_by_file_and_line, open_keyring,
                                        close_keyring),
        cmocka_unit_test_setup_teardown(test_comments_and_blank_lines_add_nothing, open_keyring,
                                        close_keyring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
