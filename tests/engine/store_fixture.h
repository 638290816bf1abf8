// An artifact store over a made source, with a bundle that remembers.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "collector/engine/artifact_store.h"
#include "tests/builders/fake_source.h"
#include "tests/builders/json.h"
#include "tests/engine/fake_bundle.h"

namespace hozen::test {

inline EvidencePath path(const std::string& text) { return *EvidencePath::parse(text); }

class NoProgress final : public ProgressListener {
 public:
  void update(const ProgressState&) override {}
};

class ArtifactStoreTest : public ::testing::Test {
 protected:
  fake::Entry& file(const std::string& name, const std::string& content) {
    return source.add_file(path(name), fake::bytes_from(content));
  }
  void open() { store.open(feed); }
  ArtifactId request(const std::string& name, Priority priority = Priority::normal,
                     const std::string& module = "run_keys") {
    FileRequest request;
    request.path = path(name);
    request.module = module.empty() ? "" : "run_keys";
    request.category = module.empty() ? "logs" : "";
    request.reason = "Because.";
    request.priority = priority;
    return store.request(std::move(request));
  }
  std::vector<Json> rows() {
    feed.close("artifacts");
    return test::parse_json_lines(bundle.streams["artifacts"]);
  }
  std::vector<std::string> order() const {
    std::vector<std::string> names;
    for (const auto& stored : bundle.files) names.push_back(stored.path);
    return names;
  }
  std::string text(const std::vector<std::byte>& bytes) {
    return std::string{Bytes{bytes}.chars()};
  }

  fake::FakeSource source;
  fake::FakeBundle bundle;
  std::stop_source stop;
  RunStop run_stop{stop, 0};
  BundleFeed feed{bundle, stop};
  ProgressState progress;
  NoProgress listener;
  Limits limits;
  ArtifactStore store{source, limits, run_stop, progress, listener};
};

}  // namespace hozen::test
