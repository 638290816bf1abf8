#include "collector/module/archive_extension.h"

#include <algorithm>
#include <charconv>

#include "collector/base/text.h"

namespace hozen {
namespace {

using archive::Format;

// Extensions between spaces.
constexpr std::string_view kArchives =
    " rar rev cbr 7z cb7 zip zipx cbz cab gz gzip tgz taz bz2 bz tbz tbz2 xz txz zst tzst lzh lha "
    "lzs ace arj tar cbt ova iso img udf gca sfx ";
/// Made of ZIP.
constexpr std::string_view kZipContainers =
    " docx docm dotx dotm xlsx xlsm xlsb xltx xltm xlam pptx pptm potx potm ppsx ppsm ppam sldx "
    "thmx vsdx vsdm vstx vssx accdt odt ods odp odg odf ott ots otp otg odb oxt jar war ear aar "
    "apk xapk apks aab jmod nupkg snupkg vsix xpi epub appx appxbundle msix msixbundle eappx emsix "
    "xap ipa kmz kml xps oxps dwfx 3mf gadget wsz wmz zap pk3 pk4 sketch key numbers pages whl egg "
    "mcpack mcworld mcaddon mcstats xmind aia sb2 sb3 ggb air ipsw crx dacpac bacpac nbm oxz fla "
    "mmpz jtdc usdz ora kra procreate pbix pbit twbx twb tdsx ktz ppkg cspkg webarchive swix ";
/// Of cabinets, and of compressed streams.
constexpr std::string_view kCabContainers =
    " msu diagcab wsp xsn theme themepack deskthemepack msp msi mzz ppkg lpk cabinet one onepkg "
    "onetoc2 ";
constexpr std::string_view kStreamContainers =
    " svgz emz wmz adz dia gpx vgz als prproj blend deb rpm ipk apkg dmg pack arc warc nii mca "
    "schem "
    "nbt dat_old ppz mpz hdz etlz zstd ";
constexpr std::string_view kTarContainers = " gem ova unitypackage ckpt cbt ";
/// Of other formats: what a name says that is none.
constexpr std::string_view kOther =
    " jpg jpeg jpe png gif bmp dib ico cur tif tiff webp svg heic raw psd ai txt log csv tsv ini "
    "inf "
    "xml json yml yaml htm html css js vbs ps1 bat cmd reg md url lnk dll sys ocx drv cpl ax exe "
    "scr "
    "com mui nls tlb cat mum manifest pdb lib obj mp3 mp4 m4a m4v avi wav wma wmv mov mkv flv mpg "
    "mpeg flac aac ogg mid pdf doc dot xls xlt ppt pot pps rtf wri chm hlp jtd jtt msg eml pst ost "
    "mdb "
    "accdb sqlite evtx evt etl dmp mdmp pf ttf ttc otf fon eot woff woff2 msi msc job pem cer crt "
    "pfx p12 key vhd vhdx vmdk wim esd swm ";

bool lists(std::string_view list, std::string_view extension) {
  return !extension.empty() &&
         list.find(" " + std::string{extension} + " ") != std::string_view::npos;
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> number(std::string_view text) {
  if (!is_digits(text)) return std::nullopt;
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{}) return std::nullopt;
  return value;
}

/// "r00" to "y99" of RAR, "z01" of ZIP, "a01" of ARJ, "c00" of ACE.
bool is_numbered(std::string_view extension) {
  if (extension.size() != 3 || !is_digits(extension.substr(1))) return false;
  return extension[0] == 'a' || extension[0] == 'c' || (extension[0] >= 'r' && extension[0] <= 'z');
}

struct Parts {
  std::string_view stem;
  std::string extension;  ///< lower case
};
Parts split(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {name, {}};
  return {name.substr(0, dot), to_lower_ascii(name.substr(dot + 1))};
}

/// "part03" of a stem.
std::optional<std::uint64_t> part_number(std::string_view extension) {
  return extension.starts_with("part") ? number(extension.substr(4)) : std::nullopt;
}

}  // namespace

ExtensionFit extension_fit(Format format, std::string_view name) {
  const std::string extension = split(name).extension;
  if (lists(kArchives, extension) || is_numbered(extension)) return ExtensionFit::archive;
  // Pieces of a split file.
  if (is_digits(extension) && extension.size() == 3) return ExtensionFit::archive;
  const bool contains =
      format == Format::zip   ? lists(kZipContainers, extension)
      : format == Format::cab ? lists(kCabContainers, extension) || extension.ends_with('_')
      : format == Format::tar ? lists(kTarContainers, extension)
                              : is_stream(format) && lists(kStreamContainers, extension);
  if (contains) return ExtensionFit::container;
  return lists(kOther, extension) || lists(kZipContainers, extension) ? ExtensionFit::other
                                                                      : ExtensionFit::neutral;
}

std::string volume_set(std::string_view name) {
  const Parts parts = split(name);
  const Parts inner = split(parts.stem);
  const bool two = part_number(inner.extension).has_value() ||
                   (is_digits(parts.extension) && lists(kArchives, inner.extension)) ||
                   (lists(kArchives, parts.extension) && inner.extension == "tar");
  return std::string{two ? inner.stem : parts.stem};
}

std::optional<std::uint64_t> volume_in_name(std::string_view name) {
  const Parts parts = split(name);
  const auto from_one = [](std::uint64_t value) {
    return value == 0 ? std::nullopt : std::optional{value - 1};
  };
  if (const auto part = part_number(split(parts.stem).extension)) return from_one(*part);
  if (is_digits(parts.extension) && parts.extension.size() == 3)
    return from_one(*number(parts.extension));
  if (!is_numbered(parts.extension)) return std::nullopt;
  const std::uint64_t value = number(std::string_view{parts.extension}.substr(1)).value_or(0);
  // .rar, .r00 to .r99, .s00; others begin with .zip's .z01 or .arj's .a01.
  if (parts.extension[0] >= 'r' && parts.extension[0] <= 'y')
    return value + 1 + 100 * static_cast<std::uint64_t>(parts.extension[0] - 'r');
  return parts.extension[0] == 'c' ? std::optional{value + 1} : from_one(value);
}

}  // namespace hozen
