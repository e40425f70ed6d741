/* CURVE key pairs and their files. */
#include "link/link_keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/text.h"
#include "link/link_file.h"

#define KEY_BYTES 32
#define KEY_FILE_MAX 256 /* two keys and their line ends, with room for trailing blanks */

bool link_key_valid(const char *text)
{
    uint8_t raw[KEY_BYTES];
    bool valid = strlen(text) == LINK_KEY_SIZE - 1 && zmq_z85_decode(raw, text) != NULL;
    sodium_memzero(raw, sizeof raw);
    return valid;
}

enum err link_keys_make(struct link_keys *keys, struct fault *fault)
{
    if (zmq_curve_keypair(keys->public_key, keys->secret_key) != 0)
        return fault_set(fault, ERR_CRYPTO, "this libzmq was built without CURVE");
    return ERR_OK;
}

enum err link_keys_save(const char *dir, const char *name, const struct link_keys *keys, struct fault *fault)
{
    char path[PATH_SIZE];
    char text[2 * LINK_KEY_SIZE + 1];
    enum err rc = link_file_path(path, dir, name, ".key", fault);
    if (rc != ERR_OK)
        return rc;
    snprintf(text, sizeof text, "%s\n%s\n", keys->public_key, keys->secret_key);
    rc = link_file_replace(path, 0600, text, strlen(text), fault);
    sodium_memzero(text, sizeof text);
    if (rc != ERR_OK)
        return rc;
    rc = link_file_path(path, dir, name, ".pub", fault);
    if (rc != ERR_OK)
        return rc;
    snprintf(text, sizeof text, "%s\n", keys->public_key);
    return link_file_replace(path, 0644, text, strlen(text), fault);
}

/* Reads `count` lines of one key each and nothing more. */
static bool keys_parse(char *text, char (*keys)[LINK_KEY_SIZE], int count)
{
    char *rest = NULL;
    char *line = strtok_r(text, " \t\r\n", &rest);
    for (int i = 0; i < count; i++, line = strtok_r(NULL, " \t\r\n", &rest)) {
        if (!line || !link_key_valid(line))
            return false;
        text_put(keys[i], LINK_KEY_SIZE, line);
    }
    return !line;
}

enum err link_keys_load_public(const char *dir, const char *name, char public_key[LINK_KEY_SIZE],
                               struct fault *fault)
{
    char path[PATH_SIZE];
    char key[1][LINK_KEY_SIZE];
    char *text;
    struct stat status;
    enum err rc = link_file_path(path, dir, name, ".pub", fault);
    if (rc == ERR_OK)
        rc = link_file_read(path, KEY_FILE_MAX, &text, &status, fault);
    if (rc != ERR_OK)
        return rc;
    bool good = keys_parse(text, key, 1);
    free(text);
    if (!good)
        return fault_set(fault, ERR_CONFIG, "%s:1: not one public key (40 characters)", path);
    text_put(public_key, LINK_KEY_SIZE, key[0]);
    return ERR_OK;
}

static enum err keys_judge(const char *path, mode_t mode, char *text, struct link_keys *keys,
                           struct fault *fault)
{
    char pair[2][LINK_KEY_SIZE];
    char belongs[LINK_KEY_SIZE];
    enum err rc = ERR_OK;
    if (mode & (S_IRWXG | S_IRWXO))
        return fault_set(fault, ERR_CONFIG, "%s: others may read this secret key; do chmod 600", path);
    if (!keys_parse(text, pair, 2))
        rc = fault_set(fault, ERR_CONFIG, "%s:1: not two lines with a public and a secret key", path);
    else if (zmq_curve_public(belongs, pair[1]) != 0 || strcmp(belongs, pair[0]) != 0)
        rc = fault_set(fault, ERR_CONFIG, "%s:2: the secret key does not belong to the public key", path);
    if (rc == ERR_OK) {
        text_put(keys->public_key, LINK_KEY_SIZE, pair[0]);
        text_put(keys->secret_key, LINK_KEY_SIZE, pair[1]);
    }
    sodium_memzero(pair, sizeof pair);
    return rc;
}

enum err link_keys_load(const char *dir, const char *name, struct link_keys *keys, struct fault *fault)
{
    char path[PATH_SIZE];
    char *text;
    struct stat status;
    enum err rc = link_file_path(path, dir, name, ".key", fault);
    if (rc == ERR_OK)
        rc = link_file_read(path, KEY_FILE_MAX, &text, &status, fault);
    if (rc != ERR_OK)
        return rc;
    size_t n = strlen(text);
    rc = keys_judge(path, status.st_mode, text, keys, fault);
    sodium_memzero(text, n);
    free(text);
    return rc;
}

void link_keys_forget(struct link_keys *keys)
{
    sodium_memzero(keys->secret_key, sizeof keys->secret_key);
}
