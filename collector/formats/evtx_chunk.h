// The records of one chunk: along their chain, and wherever else there are some.
#pragma once

#include "collector/formats/evtx.h"

namespace hozen::evtx {

constexpr std::string_view kChunkSignature{"ElfChnk\0", 8};

/// Reads chunks one after another; what they compile to is kept between them.
class ChunkReader {
 public:
  ChunkReader(const Visitor& visitor, const ReadOptions& options)
      : visitor_{visitor}, options_{options} {}

  /// The records of a chunk, or of an area that may be one; false when the visitor ended it.
  /// `info` has place, `counted` and `cut`; `quiet`: wrong checksums are no problem.
  bool read(Bytes chunk, ChunkInfo& info, bool quiet);

 private:
  void read_header(ChunkInfo& info) const;
  void tell_checksums(const ChunkInfo& info) const;
  bool walk();
  bool scan(std::uint32_t from, std::uint32_t to, RecordPlace place, std::uint64_t hidden_in = 0);
  bool visit(std::uint32_t offset, std::uint32_t end, RecordPlace place, std::uint64_t hidden_in);
  void problem(Errc code, std::string_view what, std::uint32_t offset) const;

  const Visitor& visitor_;
  const ReadOptions& options_;
  Bytes chunk_;
  ChunkInfo* info_ = nullptr;
  TemplateCache templates_;
  Event event_;
};

}  // namespace hozen::evtx
