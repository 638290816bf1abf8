// What the files of signature_builder share.
#pragma once

#include <string_view>
#include <vector>

#include "tests/builders/signature_builder.h"

namespace hozen::builders::made {

void require(bool done);
const unsigned char* chars_of(const Der& bytes);
Der der_of(const unsigned char* data, std::size_t size);
Der bytes_of_text(std::string_view text);
Der joined(const std::vector<Der>& parts);
Der sorted(std::vector<Der> parts);  ///< as DER wants a SET OF
Der number(std::uint8_t value);
Der utf16_big(std::string_view ascii);
Der utf16_little_with_nul(std::string_view ascii);
Der attribute(std::string_view type, const Der& value);
std::string_view digest_object(authenticode::Algorithm algorithm);
Der digest_bytes(authenticode::Algorithm algorithm, const Der& content);
Der algorithm_identifier(std::string_view dotted);

}  // namespace hozen::builders::made
