// ExtraData (MS-SHLLINK 2.5): blocks of size, signature and content.
#include "collector/formats/lnk_impl.h"

namespace hozen::lnk {
namespace {

constexpr std::uint32_t kEnvironment = 0xA0000001;
constexpr std::uint32_t kTracker = 0xA0000003;
constexpr std::uint32_t kConsoleCodePage = 0xA0000004;
constexpr std::uint32_t kSpecialFolder = 0xA0000005;
constexpr std::uint32_t kDarwin = 0xA0000006;
constexpr std::uint32_t kIconEnvironment = 0xA0000007;
constexpr std::uint32_t kShim = 0xA0000008;
constexpr std::uint32_t kKnownFolder = 0xA000000B;
constexpr std::uint32_t kVistaIdList = 0xA000000C;

constexpr std::uint32_t kBlockHeaderBytes = 8;
constexpr std::uint64_t kAnsiBytes = 260, kUnicodeBytes = 520;  ///< MAX_PATH of either

/// A text that stands as ANSI and as UTF-16, each in a field of fixed size; the UTF-16 one counts
/// unless it is empty.
DecodedText read_both(Bytes block) {
  DecodedText wide =
      decode_utf16(block.tail(kBlockHeaderBytes + kAnsiBytes).head(kUnicodeBytes), true);
  if (!wide.text.empty()) return wide;
  return decode_ansi(block.tail(kBlockHeaderBytes).head(kAnsiBytes), true);
}

std::optional<LinkTracker> read_tracker(Bytes block, std::vector<Error>& problems) {
  const auto fields = block.fixed<0x60>(0, "link tracker");
  if (!fields) {
    problems.push_back(fields.error());
    return std::nullopt;
  }
  LinkTracker tracker;
  tracker.machine_id = decode_ansi(Bytes{fields->raw<16, 16>()}, true);
  tracker.volume = Guid::from(fields->raw<32, 16>());
  tracker.file = Guid::from(fields->raw<48, 16>());
  tracker.birth_volume = Guid::from(fields->raw<64, 16>());
  tracker.birth_file = Guid::from(fields->raw<80, 16>());
  return tracker;
}

void read_block(Bytes block, std::uint32_t signature, Link& link) {
  switch (signature) {
    case kEnvironment:
      link.environment_target = read_both(block);
      break;
    case kIconEnvironment:
      link.environment_icon = read_both(block);
      break;
    case kDarwin:
      link.installer_id = read_both(block);
      break;
    case kTracker:
      link.tracker = read_tracker(block, link.problems);
      break;
    case kConsoleCodePage:
      link.console_code_page = block.get<std::uint32_t>(kBlockHeaderBytes);
      break;
    case kSpecialFolder:
      link.special_folder = block.get<std::uint32_t>(kBlockHeaderBytes);
      break;
    case kShim:
      link.shim_layer = decode_utf16(block.tail(kBlockHeaderBytes), true);
      break;
    case kKnownFolder:
      if (const auto id = block.fixed<16>(kBlockHeaderBytes, "link known folder")) {
        link.known_folder = Guid::from(id->raw<0, 16>());
      } else {
        link.problems.push_back(id.error());
      }
      break;
    case kVistaIdList:
      link.vista_id_list = parse_shell_items(block.tail(kBlockHeaderBytes));
      link.problems.insert(link.problems.end(), link.vista_id_list->problems.begin(),
                           link.vista_id_list->problems.end());
      break;
    default:
      break;
  }
}

}  // namespace

void read_extra_data(Bytes file, std::uint64_t at, Link& link) {
  while (at < file.size()) {
    const auto size = file.get<std::uint32_t>(at);
    if (!size) {
      link.problems.push_back({Errc::truncated, "link terminal block", file.base() + at});
      return;
    }
    if (*size < 4) {  // the terminal block
      at += 4;
      link.trailing_offset = at;
      link.trailing_bytes = file.size() - at;
      return;
    }
    const auto signature = file.get<std::uint32_t>(at + 4);
    if (*size < kBlockHeaderBytes || !signature || !file.contains(at, *size)) {
      link.problems.push_back({*size < kBlockHeaderBytes ? Errc::malformed : Errc::truncated,
                               "link extra block", file.base() + at});
      return;
    }
    if (link.extra_blocks.size() == kMaxExtraBlocks) {
      link.problems.push_back({Errc::limit, "link extra blocks", file.base() + at});
      return;
    }
    link.extra_blocks.push_back({*signature, *size, at});
    read_block(file.tail(at).head(*size), *signature, link);
    at += *size;
  }
}

}  // namespace hozen::lnk
