/* checksum.c -- SHA-256 through libcrypto. */
#include "base/checksum.h"

#include <openssl/evp.h>
#include <stdio.h>

sur_status sur_sha256_begin(sur_sha256 *sum, sur_error *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    sum->state = context;
    if (!context) return sur_fail(err, SUR_ENOMEM, "cannot allocate a checksum");
    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1) return SUR_OK;
    sur_sha256_drop(sum);
    return sur_fail(err, SUR_EBACKEND, "libcrypto has no SHA-256");
}

sur_status sur_sha256_add(sur_sha256 *sum, const void *bytes, size_t count,
                          sur_error *err)
{
    if (EVP_DigestUpdate(sum->state, bytes, count) == 1) return SUR_OK;
    return sur_fail(err, SUR_EBACKEND, "libcrypto cannot go on with SHA-256");
}

sur_status sur_sha256_end(sur_sha256 *sum, char text[65], sur_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    const int fine = EVP_DigestFinal_ex(sum->state, digest, NULL);
    sur_sha256_drop(sum);
    if (fine != 1)
        return sur_fail(err, SUR_EBACKEND, "libcrypto cannot finish SHA-256");
    for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return SUR_OK;
}

void sur_sha256_drop(sur_sha256 *sum)
{
    EVP_MD_CTX_free(sum->state);
    sum->state = NULL;
}

sur_status sur_sha256_of(char text[65], const void *bytes, size_t count, sur_error *err)
{
    sur_sha256 sum;
    sur_status status = sur_sha256_begin(&sum, err);
    if (status != SUR_OK) return status;
    status = sur_sha256_add(&sum, bytes, count, err);
    if (status == SUR_OK) return sur_sha256_end(&sum, text, err);
    sur_sha256_drop(&sum);
    return status;
}
