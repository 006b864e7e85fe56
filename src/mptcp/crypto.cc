#include "mptcp/crypto.hh"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstring>

#include "util/error.hh"
#include "wire/checksum.hh"

namespace gauntlet {

namespace {

using Digest = std::array<uint8_t, 32>;

Digest sha256_of_key(uint64_t key) {
  uint8_t bytes[8];
  store64(bytes, key);
  Digest digest;
  if (EVP_Digest(bytes, sizeof bytes, digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw EnvironmentError("libcrypto cannot compute SHA-256: is its configuration limited to other algorithms?");
  return digest;
}

Hmac hmac_sha256(uint64_t first, uint64_t second, ConstBytes message) {
  uint8_t key[16];
  store64(key, first);
  store64(key + 8, second);
  Hmac out;
  if (!HMAC(EVP_sha256(), key, sizeof key, message.data(), message.size(), out.data(), nullptr))
    throw EnvironmentError("libcrypto cannot compute HMAC-SHA256: is its configuration limited to other algorithms?");
  return out;
}

}  // namespace

uint32_t token_of(uint64_t key) { return load32(sha256_of_key(key).data()); }

uint64_t idsn_of(uint64_t key) { return load64(sha256_of_key(key).data() + 24); }

Hmac join_hmac(uint64_t first, uint64_t second, uint32_t first_nonce, uint32_t second_nonce) {
  uint8_t nonces[8];
  store32(nonces, first_nonce);
  store32(nonces + 4, second_nonce);
  return hmac_sha256(first, second, nonces);
}

uint64_t add_addr_hmac(uint64_t sender, uint64_t receiver, uint8_t address_id, ConstBytes address, uint16_t port) {
  uint8_t message[1 + 16 + 2];
  const size_t size = std::min<size_t>(address.size(), 16);
  message[0] = address_id;
  std::copy_n(address.begin(), size, message + 1);
  store16(message + 1 + size, port);
  return load64(hmac_sha256(sender, receiver, {message, size + 3}).data() + 24);
}

uint16_t dss_checksum(uint64_t dsn, uint32_t ssn, uint16_t length, ConstBytes payload) {
  return dss_checksum_of_sum(dsn, ssn, length, sum16(payload));
}

uint16_t dss_checksum_of_sum(uint64_t dsn, uint32_t ssn, uint16_t length, uint16_t payload_sum) {
  uint8_t header[16] = {};
  store64(header, dsn);
  store32(header + 8, ssn);
  store16(header + 12, length);
  return static_cast<uint16_t>(~sum16(header, payload_sum));
}

}  // namespace gauntlet
