/* Signing keys and the list of signers: what is written is read back, and every error is said with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "link/link_sign.h"

#define HEX_SIZE (2 * LINK_SIGN_PUBLIC_BYTES + 1)

struct keyring {
    char dir[64];
    struct link_sign_key key;
    struct fault fault;
};

static void put_file(const struct keyring *keyring, const char *file, const char *text)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", keyring->dir, file);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    chmod(path, 0600);
}

static int open_keyring(void **state)
{
    struct keyring *keyring = calloc(1, sizeof *keyring);
    text_put(keyring->dir, sizeof keyring->dir, "/tmp/sanji-test-sign-XXXXXX");
    if (!mkdtemp(keyring->dir) || link_sign_make(&keyring->key, NULL) != ERR_OK)
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

static void test_a_signing_pair_is_read_back_and_signs_what_its_public_half_verifies(void **state)
{
    static const uint8_t text[] = "roll call";
    struct keyring *keyring = *state;
    struct link_sign_key read = {0};
    uint8_t signature[SIGNATURE_BYTES];
    char path[PATH_SIZE];
    struct stat status;
    assert_int_equal(link_sign_save(keyring->dir, &keyring->key, &keyring->fault), ERR_OK);
    assert_int_equal(link_sign_load(keyring->dir, &read, &keyring->fault), ERR_OK);
    assert_memory_equal(&read, &keyring->key, sizeof read);
    crypto_sign_detached(signature, NULL, text, sizeof text, read.secret_key);
    assert_int_equal(crypto_sign_verify_detached(signature, text, sizeof text, keyring->key.public_key), 0);
    snprintf(path, sizeof path, "%s/sign.key", keyring->dir);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    link_sign_forget(&read);
    assert_true(sodium_is_zero(read.secret_key, sizeof read.secret_key));
}

static void test_two_made_pairs_differ(void **state)
{
    struct keyring *keyring = *state;
    struct link_sign_key other;
    assert_int_equal(link_sign_make(&other, NULL), ERR_OK);
    assert_memory_not_equal(other.public_key, keyring->key.public_key, sizeof other.public_key);
}

static void test_a_signing_key_that_others_may_read_is_refused(void **state)
{
    struct keyring *keyring = *state;
    struct link_sign_key read;
    char path[PATH_SIZE];
    assert_int_equal(link_sign_save(keyring->dir, &keyring->key, NULL), ERR_OK);
    snprintf(path, sizeof path, "%s/sign.key", keyring->dir);
    chmod(path, 0640);
    assert_int_equal(link_sign_load(keyring->dir, &read, &keyring->fault), ERR_CONFIG);
    assert_non_null(strstr(keyring->fault.text, "chmod 600"));
}

static void test_a_file_that_is_no_signing_pair_is_refused_without_telling_the_secret(void **state)
{
    struct keyring *keyring = *state;
    struct link_sign_key other, read;
    char public_hex[HEX_SIZE], secret_hex[2 * LINK_SIGN_SECRET_BYTES + 1], line[512];
    assert_int_equal(link_sign_load(keyring->dir, &read, &keyring->fault), ERR_IO);
    assert_int_equal(link_sign_make(&other, NULL), ERR_OK);
    sodium_bin2hex(public_hex, sizeof public_hex, keyring->key.public_key, LINK_SIGN_PUBLIC_BYTES);
    sodium_bin2hex(secret_hex, sizeof secret_hex, other.secret_key, LINK_SIGN_SECRET_BYTES);
    snprintf(line, sizeof line, "%s %s\n", public_hex, secret_hex);
    put_file(keyring, "sign.key", line);
    assert_int_equal(link_sign_load(keyring->dir, &read, &keyring->fault), ERR_CONFIG);
    assert_non_null(strstr(keyring->fault.text, "sign.key:1: the secret key does not belong"));
    assert_null(strstr(keyring->fault.text, secret_hex));
    snprintf(line, sizeof line, "%s\n", public_hex);
    put_file(keyring, "sign.key", line);
    assert_int_equal(link_sign_load(keyring->dir, &read, &keyring->fault), ERR_CONFIG);
    put_file(keyring, "sign.key", "");
    assert_int_equal(link_sign_load(keyring->dir, &read, &keyring->fault), ERR_CONFIG);
}

/* A key for the list that says whose it is: byte `mark`, often. */
static void signers_add(struct link_signers *signers, const char *center, int mark)
{
    struct link_signer signer;
    text_put(signer.center, sizeof signer.center, center);
    memset(signer.public_key, mark, sizeof signer.public_key);
    assert_int_equal(link_signers_add(signers, &signer), ERR_OK);
}

static void test_a_center_stands_twice_while_its_key_is_changed(void **state)
{
    (void)state;
    struct link_signers signers = {0};
    signers_add(&signers, "440306017", 1);
    signers_add(&signers, "440306", 2);
    signers_add(&signers, "440306017001", 3);
    signers_add(&signers, "440306017", 4);
    signers_add(&signers, "440306017", 1);
    assert_int_equal(signers.count, 4);
    assert_int_equal(link_signers_key(&signers, "440306017", 0)[0], 1);
    assert_int_equal(link_signers_key(&signers, "440306017", 1)[0], 4);
    assert_null(link_signers_key(&signers, "440306017", 2));
    assert_int_equal(link_signers_key(&signers, "440306", 0)[0], 2);
    assert_null(link_signers_key(&signers, "440306", 1));
    assert_int_equal(link_signers_key(&signers, "440306017001", 0)[0], 3);
    assert_null(link_signers_key(&signers, "440307", 0));
    assert_null(link_signers_key(&signers, "", 0));
    link_signers_free(&signers);
    assert_null(link_signers_key(&signers, "440306", 0));
}

static void test_a_list_of_signers_is_read_back_in_the_order_of_centers(void **state)
{
    struct keyring *keyring = *state;
    struct link_signers signers = {0}, read = {0};
    for (int i = 199; i >= 0; i--) {
        char code[CODE_SIZE];
        snprintf(code, sizeof code, "%d", 440306 + i % 150);
        signers_add(&signers, code, i);
    }
    assert_int_equal(link_signers_save(keyring->dir, &signers, &keyring->fault), ERR_OK);
    assert_int_equal(link_signers_load(keyring->dir, &read, &keyring->fault), ERR_OK);
    assert_int_equal(read.count, 200);
    for (size_t i = 0; i < read.count; i++) {
        assert_string_equal(read.list[i].center, signers.list[i].center);
        assert_memory_equal(read.list[i].public_key, signers.list[i].public_key, LINK_SIGN_PUBLIC_BYTES);
        assert_true(i == 0 || strcmp(read.list[i - 1].center, read.list[i].center) <= 0);
    }
    link_signers_free(&signers);
    link_signers_free(&read);
}

/* "%K" in a line stands for the keyring's public key. */
static void test_each_bad_line_of_signers_is_named_by_file_and_line(void **state)
{
    static const struct {
        const char *lines;
        const char *place;
    } files[] = {
        {"440306 %K\n440307\n", "signers:2: a line is"},
        {"# the district\n440306 %K more\n", "signers:2: a line is"},
        {"440306 abcd\n", "signers:1: the key of '440306'"},
        {"440306 %Kzz\n", "signers:1: the key of '440306'"},
        {"440/306 %K\n", "signers:1: '440/306'"},
        {"a-code-longer-than-any %K\n", "signers:1: 'a-code-longer-than-any'"},
        {"440306 %K\n440307 %K\n", "'440306' and '440307' have the same key"},
    };
    struct keyring *keyring = *state;
    char key[HEX_SIZE];
    sodium_bin2hex(key, sizeof key, keyring->key.public_key, LINK_SIGN_PUBLIC_BYTES);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct link_signers signers = {0};
        char text[512] = "";
        for (const char *at = files[i].lines; *at; at++) {
            size_t used = strlen(text);
            bool is_key = at[0] == '%' && at[1] == 'K';
            snprintf(text + used, sizeof text - used, "%.*s", is_key ? HEX_SIZE : 1, is_key ? key : at);
            at += is_key;
        }
        put_file(keyring, "signers", text);
        assert_int_equal(link_signers_load(keyring->dir, &signers, &keyring->fault), ERR_CONFIG);
        if (!strstr(keyring->fault.text, files[i].place))
            fail_msg("'%s' does not say '%s'", keyring->fault.text, files[i].place);
        assert_null(signers.list);
    }
}

static void test_comments_and_blank_lines_name_no_signer(void **state)
{
    struct keyring *keyring = *state;
    struct link_signers signers = {0};
    char key[HEX_SIZE], text[256];
    sodium_bin2hex(key, sizeof key, keyring->key.public_key, LINK_SIGN_PUBLIC_BYTES);
    snprintf(text, sizeof text, "# signers\r\n\n  440306 %s # until the end of the month\r\n#end", key);
    put_file(keyring, "signers", text);
    assert_int_equal(link_signers_load(keyring->dir, &signers, &keyring->fault), ERR_OK);
    assert_int_equal(signers.count, 1);
    assert_memory_equal(link_signers_key(&signers, "440306", 0), keyring->key.public_key,
                        LINK_SIGN_PUBLIC_BYTES);
    link_signers_free(&signers);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, open_keyring, close_keyring)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_signing_pair_is_read_back_and_signs_what_its_public_half_verifies),
        STORY(test_two_made_pairs_differ),
        STORY(test_a_signing_key_that_others_may_read_is_refused),
        STORY(test_a_file_that_is_no_signing_pair_is_refused_without_telling_the_secret),
        STORY(test_a_center_stands_twice_while_its_key_is_changed),
        STORY(test_a_list_of_signers_is_read_back_in_the_order_of_centers),
        STORY(test_each_bad_line_of_signers_is_named_by_file_and_line),
        STORY(test_comments_and_blank_lines_name_no_signer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
