// mediasoup is written for libsrtp 3, Debian has libsrtp 2. This header offers the few functions
// of version 3 that mediasoup calls, each as an inline function over version 2. Names shared by
// both versions are C++ overloads: they differ in their parameters.
#ifndef TUREEN_SRTP_H
#define TUREEN_SRTP_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// In version 3 srtp_policy_t is an opaque pointer, in version 2 an open struct: the latter is
// included under another name to leave this one free.
#define srtp_policy_t tureen_srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

struct tureen_srtp_policy
{
	tureen_srtp2_policy_t v2;
	uint8_t key_and_salt[SRTP_MAX_KEY_LEN];
	srtp_profile_t profile;
};

using srtp_policy_t = tureen_srtp_policy*;

// Codes that version 2 does not have; nothing but their text in a table depends on the values.
constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) tureen_srtp_policy{};

	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	if (policy)
	{
		volatile uint8_t* secret = policy->key_and_salt;

		for (size_t i = 0; i < sizeof(policy->key_and_salt); ++i)
		{
			secret[i] = 0;
		}
	}

	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->v2.ssrc = ssrc;

	return srtp_err_status_ok;
}

// With AES_CM_128_HMAC_SHA1_32 the RTCP policy keeps the 80 bit tag (RFC 3711, section 5.2):
// version 2's function for RTCP sees to that.
inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const auto err = srtp_crypto_policy_set_from_profile_for_rtp(&policy->v2.rtp, profile);

	if (err != srtp_err_status_ok)
	{
		return err;
	}

	policy->profile = profile;

	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->v2.rtcp, profile);
}

// One key without MKI is all that mediasoup uses.
inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t key_len,
  const uint8_t* salt,
  size_t salt_len,
  const uint8_t* /*mki*/,
  size_t mki_len)
{
	if (
	  mki_len != 0 || policy->v2.key != nullptr ||
	  key_len != srtp_profile_get_master_key_length(policy->profile) ||
	  salt_len != srtp_profile_get_master_salt_length(policy->profile) ||
	  key_len + salt_len > sizeof(policy->key_and_salt))
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->key_and_salt, key, key_len);
	std::memcpy(policy->key_and_salt + key_len, salt, salt_len);
	policy->v2.key = policy->key_and_salt;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->v2.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t window_size)
{
	policy->v2.window_size = window_size;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return srtp_create(session, static_cast<const tureen_srtp2_policy_t*>(&policy->v2));
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

namespace tureen
{
	using srtp2_function = srtp_err_status_t (*)(srtp_t, void*, int*);

	// Version 2 works in place: the packet is copied to the output first. `growth` is the room
	// that version 2 takes for granted behind the packet.
	inline srtp_err_status_t srtp2_call(
	  srtp2_function function,
	  srtp_t session,
	  const uint8_t* input,
	  size_t input_len,
	  uint8_t* output,
	  size_t* output_len,
	  size_t growth)
	{
		if (*output_len < input_len || *output_len - input_len < growth)
		{
			return srtp_err_status_buffer_small;
		}

		if (output != input)
		{
			std::memmove(output, input, input_len);
		}

		int len        = static_cast<int>(input_len);
		const auto err = function(session, output, &len);

		if (err == srtp_err_status_ok)
		{
			*output_len = static_cast<size_t>(len);
		}

		return err;
	}
} // namespace tureen

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtp_len, uint8_t* srtp, size_t* srtp_len, size_t /*mki_index*/)
{
	return tureen::srtp2_call(srtp_protect, session, rtp, rtp_len, srtp, srtp_len, SRTP_MAX_TRAILER_LEN);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcp_len, uint8_t* srtcp, size_t* srtcp_len, size_t /*mki_index*/)
{
	// RTCP carries four more bytes: the index with the encryption flag.
	return tureen::srtp2_call(
	  srtp_protect_rtcp, session, rtcp, rtcp_len, srtcp, srtcp_len, SRTP_MAX_TRAILER_LEN + 4);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtp_len, uint8_t* rtp, size_t* rtp_len)
{
	return tureen::srtp2_call(srtp_unprotect, session, srtp, srtp_len, rtp, rtp_len, 0);
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcp_len, uint8_t* rtcp, size_t* rtcp_len)
{
	return tureen::srtp2_call(srtp_unprotect_rtcp, session, srtcp, srtcp_len, rtcp, rtcp_len, 0);
}

#endif
