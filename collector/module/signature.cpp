#include "collector/module/signature.h"

namespace hozen {

std::string_view to_text(SignatureStatus status) {
  switch (status) {
    case SignatureStatus::valid:
      return "valid";
    case SignatureStatus::valid_expired_untimestamped:
      return "valid_expired_untimestamped";
    case SignatureStatus::valid_timestamped_expired:
      return "valid_timestamped_expired";
    case SignatureStatus::digest_mismatch:
      return "digest_mismatch";
    case SignatureStatus::untrusted_root:
      return "untrusted_root";
    case SignatureStatus::revoked_by_list:
      return "revoked_by_list";
    case SignatureStatus::malformed:
      return "malformed";
    case SignatureStatus::not_signed:
      return "unsigned";
    case SignatureStatus::not_checked:
      return "not_checked";
  }
  return "";
}

bool is_sound(SignatureStatus status) {
  return status == SignatureStatus::valid || status == SignatureStatus::valid_timestamped_expired;
}

}  // namespace hozen
