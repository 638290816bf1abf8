// Independent readers of registry hives against the builder and our reader: hivexml and reglookup
// read what the builder wrote, we read what hivexregedit wrote.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "collector/base/text.h"
#include "collector/formats/regf.h"
#include "tests/builders/regf_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen::regf {
namespace {

using namespace builders;
using Rows = std::multiset<std::string>;

bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

#define NEED_PROGRAM(name, package) \
  if (!is_installed(name)) GTEST_SKIP() << name " is not installed (package " package ")"

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text.substr(0, 500);
  return text;
}

void save(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::ofstream file{path, std::ios::binary};
  file << Bytes{bytes}.chars();
}

std::vector<std::byte> load(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  const Bytes bytes = bytes_of(text.view());
  return {bytes.span().begin(), bytes.span().end()};
}

/// Rows of our own reading: `row_of` writes one value.
template <class RowOfKey, class RowOfValue>
Rows our_rows(const std::vector<std::byte>& bytes, RowOfKey row_of_key, RowOfValue row_of_value) {
  Rows rows;
  const auto hive = Hive::open(bytes);
  if (!hive) {
    ADD_FAILURE() << hive.error().text();
    return rows;
  }
  const auto visit = [&](const auto& self, const Key& key) -> void {
    rows.insert(row_of_key(key));
    key.each_value([&](const Value& value) {
      rows.insert(row_of_value(key, value));
      return true;
    });
    key.each_subkey([&](const Key& subkey) {
      self(self, subkey);
      return true;
    });
  };
  visit(visit, *(*hive)->root());
  EXPECT_EQ((*hive)->problem_count(), 0u);
  return rows;
}

/// What is in one and not in the other, for messages.
std::string difference(const Rows& ours, const Rows& theirs) {
  constexpr std::size_t kShown = 120;
  std::string text;
  for (const std::string& row : ours)
    if (!theirs.contains(row)) text += "ours:   " + printable(row.substr(0, kShown)) + "\n";
  for (const std::string& row : theirs)
    if (!ours.contains(row)) text += "theirs: " + printable(row.substr(0, kShown)) + "\n";
  return text;
}

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
  return bytes;
}

std::string time_text(const Key& key) { return key.last_written().iso8601().substr(0, 19); }

/// Everything that the peers can show. `latin1_only`: one of them knows no other names and texts.
RegfBuilder varied(bool latin1_only) {
  auto builder = RegfBuilder{}
                     .key("Values")
                     .value("", sz("default"))
                     .value("sz", sz("C:\\a \"q\" <x> & y.exe"))
                     .value("expand", expand_sz("%T%\\x"))
                     .value("link", link("\\Registry\\Machine"))
                     .value("dword", dword(0xFFFFFFFE))
                     .value("qword", qword(0x8000000000000001))
                     .value("binary", binary("00 ff 10 80"))
                     .value("none", none())
                     .value("empty", raw_data(1, {}))
                     .value("odd type", raw_data(0x12345, pattern(3)))
                     .value("cell", binary(pattern(500)))
                     .value("last cell", binary(pattern(16344)))
                     .value("big", binary(pattern(16345)))
                     .value("bigger", binary(pattern(100'000)))
                     .written_at(FileTime{132'000'000'001'234'567});
  for (int i = 0; i < 40; ++i) builder.key("Many\\" + std::to_string(i) + "\\below");
  builder.key("Many").subkey_list(SubkeyList::ri_of_lh, 9);
  for (int i = 0; i < 12; ++i) builder.key("Fast\\k" + std::to_string(i));
  builder.key("Fast").subkey_list(SubkeyList::lf);
  for (int i = 0; i < 12; ++i) builder.key("Index\\k" + std::to_string(i));
  builder.key("Index").subkey_list(SubkeyList::li);
  builder.key("Gone\\below").key("Gone").deleted();
  builder.key("\u00E4\u00F6\u00FC").value("v\u00E9", dword(1)).class_name("class");
  if (latin1_only) return builder;
  return builder.key("weird\u2122\U0001F30E")
      .value("\u041F\u0440\u0438", sz("\u65E5\u672C \U0001F30E"))
      .value("multi", multi_sz({"one", "tw\u00F6", "\u65E5"}));
}

class RegfOracle : public testing::Test {
 protected:
  TempFolder folder_;
  std::filesystem::path path_ = folder_.path() / "hive";
};

// hivexml

std::vector<std::byte> from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::byte> bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) continue;  // line breaks, padding
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> count & 0xFF));
  }
  return bytes;
}

std::string xml_data(const pugi::xml_node& value) {
  const std::string type = value.attribute("type").value();
  const std::string text = value.attribute("value").value();
  std::string data = text;
  if (type == "string-list") {
    data.clear();
    for (const auto& string : value.children("string"))
      data += std::string{string.text().get()} + "|";
  } else if (std::string_view{value.attribute("encoding").value()} == "base64") {
    data = to_hex(from_base64(text));
  }
  return type + " " + data;
}

void xml_rows(const pugi::xml_node& node, const std::string& path, Rows& rows) {
  const bool is_root = path.empty() && node.attribute("root").as_bool();
  const std::string name = node.attribute("name").value();
  const std::string here = is_root ? "" : path + "\\" + name;
  const std::string time = node.child("mtime").text().get();
  rows.insert("key " + here + " " + (is_root ? "" : time.substr(0, 19)));
  for (const auto& value : node.children("value"))
    rows.insert("value " + here + " [" + value.attribute("key").value() + "] " + xml_data(value));
  for (const auto& child : node.children("node")) xml_rows(child, here, rows);
}

std::string path_text(const Key& key) {
  const std::string path = key.path();
  return path.empty() ? "" : "\\" + path;
}

std::string xml_data(const Value& value) {
  const Bytes data{value.data};
  switch (value.type) {
    case 1:
      return "string " + wtf8_from_utf16le(data, true);
    case 2:
      return "expand " + wtf8_from_utf16le(data, true);
    case 6:
      return "link " + wtf8_from_utf16le(data, true);
    case 4:
      return "int32 " + std::to_string(*data.get<std::int32_t>(0));
    case 11:
      return "int64 " + std::to_string(*data.get<std::int64_t>(0));
    case 0:
      return "none " + to_hex(data.span());
    case 3:
      return "binary " + to_hex(data.span());
    case 7: {
      std::string text = wtf8_from_utf16le(data);
      for (char& c : text) c = c == '\0' ? '|' : c;
      return "string-list " + text;
    }
    default:
      return "unknown " + to_hex(data.span());
  }
}

TEST_F(RegfOracle, HivexmlReadsTheSameOutOfWhatTheBuilderWrote) {
  NEED_PROGRAM("hivexml", "libhivex-bin");
  const auto bytes = varied(false).bytes();
  save(path_, bytes);
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(output_of("hivexml '" + path_.string() + "'").c_str()));
  Rows theirs;
  xml_rows(document.child("hive").child("node"), "", theirs);
  const Rows ours = our_rows(
      bytes,
      [](const Key& key) {
        return "key " + path_text(key) + " " + (key.path().empty() ? "" : time_text(key));
      },
      [](const Key& key, const Value& value) {
        return "value " + path_text(key) + " [" + value.name + "] " + xml_data(value);
      });
  EXPECT_EQ(difference(ours, theirs), "");
  EXPECT_GT(ours.size(), 100u);
}

// reglookup

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Rows lookup_rows(const std::string& text) {
  Rows rows;
  std::istringstream lines{text};
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == ',')
        fields.emplace_back();
      else
        fields.back() += c;
    }
    if (fields.size() < 4) continue;
    const std::string data = fields[2] == "(null)" ? "" : percent_decoded(fields[2]);
    rows.insert(percent_decoded(fields[0]) + " " + fields[1] + " " + data + " " +
                (fields[1] == "KEY" ? fields[3] : ""));
  }
  return rows;
}

/// A name as the peer prints it: one byte a character, components between slashes.
std::string latin1_path(const Key& key) {
  std::string out = "/";
  for (const char16_t unit : utf16_from_wtf8(key.path()))
    out += unit == '\\' ? '/' : static_cast<char>(unit);
  return out;
}

std::string latin1_text(std::string_view wtf8) {
  std::string out;
  for (const char16_t unit : utf16_from_wtf8(wtf8)) out += static_cast<char>(unit);
  return out;
}

std::string lookup_data(const Value& value) {
  const Bytes data{value.data};
  char number[32];
  switch (value.type) {
    case 1:
      return "SZ " + wtf8_from_utf16le(data, true);
    case 2:
      return "EXPAND_SZ " + wtf8_from_utf16le(data, true);
    case 6:
      return "LINK " + wtf8_from_utf16le(data, true);
    case 4:
      std::snprintf(number, sizeof number, "DWORD 0x%08X", *data.get<std::uint32_t>(0));
      return number;
    case 11:
      std::snprintf(number, sizeof number, "QWORD 0x%016llX",
                    static_cast<unsigned long long>(*data.get<std::uint64_t>(0)));
      return number;
    case 0:
      return "NONE " + std::string{data.chars()};
    case 3:
      return "BINARY " + std::string{data.chars()};
    default:
      std::snprintf(number, sizeof number, "0x%08X ", value.type);
      return number + std::string{data.chars()};
  }
}

TEST_F(RegfOracle, ReglookupReadsTheSameOutOfWhatTheBuilderWrote) {
  NEED_PROGRAM("reglookup", "reglookup");
  const auto bytes = varied(true).bytes();
  save(path_, bytes);
  const Rows theirs = lookup_rows(output_of("reglookup '" + path_.string() + "'"));
  const Rows ours = our_rows(
      bytes,
      [](const Key& key) {
        std::string time = time_text(key);
        time[10] = ' ';
        return latin1_path(key) + " KEY  " + time;
      },
      [](const Key& key, const Value& value) {
        const std::string slash = key.path().empty() ? "" : "/";
        return latin1_path(key) + slash + latin1_text(value.name) + " " + lookup_data(value) + " ";
      });
  EXPECT_EQ(difference(ours, theirs), "");
  EXPECT_GT(ours.size(), 100u);
}

// hivexregedit

TEST_F(RegfOracle, WeReadWhatHivexregeditWrote) {
  NEED_PROGRAM("hivexregedit", "libwin-hivex-perl");
  save(path_, RegfBuilder{}.key("Before").value("kept", dword(1)).bytes());
  {
    std::ofstream text{folder_.path() / "new.reg", std::ios::binary};
    text
        << "Windows Registry Editor Version 5.00\n\n[\\Software]\n\n[\\Many]\n\n[\\Software\\Run]\n"
           "\"a\"=\"C:\\\\a.exe\"\n\"d\"=dword:000000ff\n@=\"default\"\n"
           "\"b\"=hex(3):01,02,ff\n"
           "\"m\"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00\n\n";
    for (int i = 0; i < 300; ++i)
      text << "[\\Many\\key" << i << "]\n\"n\"=dword:" << std::hex << 0x10000000 + i << std::dec
           << "\n\n";
  }
  output_of("hivexregedit --merge '" + path_.string() + "' '" +
            (folder_.path() / "new.reg").string() + "'");
  auto opened = Hive::open(load(path_));
  ASSERT_TRUE(opened) << opened.error().text();
  const Hive& hive = **opened;
  const auto root = *hive.root();
  const auto run = root.find("Software\\Run");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->value("a")->data, sz("C:\\a.exe").bytes);
  EXPECT_EQ(run->value("a")->type, 1u);
  EXPECT_EQ(run->value("d")->data, dword(255).bytes);
  EXPECT_EQ(run->value("")->data, sz("default").bytes);
  EXPECT_EQ(run->value("b")->data, binary("0102ff").bytes);
  EXPECT_EQ(run->value("m")->data, multi_sz({"a", "bc"}).bytes);
  EXPECT_EQ(run->value("m")->type, 7u);
  std::size_t keys = 0;
  root.find("Many")->each_subkey([&](const Key& key) {
    const auto number = static_cast<std::uint32_t>(std::stoi(key.name().substr(3)));
    EXPECT_EQ(key.value("n")->data, dword(0x10000000 + number).bytes) << key.name();
    return ++keys != 0;
  });
  EXPECT_EQ(keys, 300u);
  EXPECT_TRUE(root.find("Before")->value("kept"));
  EXPECT_EQ(hive.problem_count(), 0u);
}

}  // namespace
}  // namespace hozen::regf
