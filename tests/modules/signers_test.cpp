// Who signed what starts by itself or ran, and what looks wrong about it.
#include <gmock/gmock.h>

#include "collector/source/live_state.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec signers;
}  // namespace modules
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kProgram = "C:\\Program Files\\Contoso\\agent.exe";

class SignersTest : public testing::Test {
 protected:
  SignersTest() { program(kProgram); }

  void program(const std::string& path) { windows.program(path); }
  FileSignature& sign(const std::string& path, SignatureStatus status,
                      const std::string& signer = "Contoso Ltd") {
    FileSignature signature;
    signature.status = status;
    signature.signer = signer;
    signature.organization = signer;
    signature.issuer = "Public CA";
    signature.root = "Public Root";
    signature.thumbprint = "aa" + signer;
    signature.not_before = fake::at(-86'400);
    signature.not_after = fake::at(-10);
    return known[EvidencePath::parse(path)->folded()] = signature;
  }
  void fact(FactKind kind, const std::string& subject, const std::string& image = {}) {
    Fact fact;
    fact.kind = kind;
    fact.subject = subject;
    if (!image.empty()) fact.values.add("ImagePath", image);
    facts.push_back(std::move(fact));
  }
  ModuleRun judge() {
    ModuleRun run{windows.machine(), nullptr};
    if (state.system_trust) run.machine.source->be_live(*run.machine.registry, &state);
    if (!emulator.empty()) {
      HostFacts host;
      host.emulator = emulator;
      run.machine.source->have_host(host);
    }
    run.context = std::make_unique<fake::Context>(run.machine);
    run.context->signed_files.known = known;
    run.context->signed_files.named = named;
    for (const std::string& path : asked)
      (void)run.context->signed_files.of(*EvidencePath::parse(path));
    for (const Fact& one : facts) run.context->state(one);
    run.context->stated.settle();
    EXPECT_TRUE(modules::signers.judge(*run.context));
    return run;
  }
  /// Of the only finding.
  static const Finding& only(const ModuleRun& run) {
    EXPECT_THAT(run.context->findings, SizeIs(1)) << fake::summary_of(run.context->findings);
    return run.context->findings.at(0);
  }
  void system_says(SystemVerdict verdict) {
    state.system_trust = [verdict](const EvidencePath&) -> Result<SystemVerdict> {
      return verdict;
    };
  }

  fake::FakeWindows windows;
  std::map<std::string, FileSignature> known;
  std::map<std::string, std::vector<NamedSigner>> named;
  std::vector<Fact> facts;
  std::vector<std::string> asked;
  LiveState state;
  std::string emulator;
};

TEST_F(SignersTest, SoundSoftwareIsToldAndRaisesNothing) {
  sign(kProgram, SignatureStatus::valid_timestamped_expired).signed_at = fake::at(-1000);
  program("C:\\Windows\\System32\\drivers\\d.sys");
  FileSignature& driver =
      sign("C:\\Windows\\System32\\drivers\\d.sys", SignatureStatus::valid, "Microsoft Windows");
  driver.by_catalog = driver.is_microsoft = true;
  driver.catalog = "C:\\Windows\\System32\\CatRoot\\{F}\\a.cat";
  fact(FactKind::autostart, kProgram);
  fact(FactKind::process, "c:\\program files\\contoso\\AGENT.EXE");
  fact(FactKind::service_entry, "d", "System32\\drivers\\d.sys");
  fact(FactKind::process, "C:\\gone.exe");
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty());
  const auto files = records_of(run, "signature");
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ((*files[0])["path"], kProgram);
  EXPECT_EQ((*files[0])["status"], "valid_timestamped_expired");
  EXPECT_EQ((*files[0])["is_used"], "true");
  EXPECT_EQ((*files[1])["catalog"], driver.catalog);
  const auto signers = records_of(run, "signer");
  ASSERT_THAT(signers, SizeIs(2));
  EXPECT_EQ((*signers[0])["signer"], "Contoso Ltd");
  EXPECT_EQ((*signers[0])["countersigned"], "1");
  EXPECT_EQ((*signers[0]).json_of("statuses"), "[\"valid_timestamped_expired: 1\"]");
  EXPECT_EQ((*signers[1])["by_catalog"], "1");
}

TEST_F(SignersTest, UnsignedFilesAreRecordsAlone) {
  fact(FactKind::autostart, kProgram);
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty());
  EXPECT_THAT(records_of(run, "signature"), SizeIs(1));
  EXPECT_THAT(records_of(run, "signer"), IsEmpty());
}

TEST_F(SignersTest, AChangedFileThatStartsIsMedium) {
  sign(kProgram, SignatureStatus::digest_mismatch);
  fact(FactKind::autostart, kProgram);
  const ModuleRun run = judge();
  const Finding& finding = only(run);
  EXPECT_EQ(finding.rule, "signers.changed");
  EXPECT_EQ(finding.subject, kProgram);
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(story_of(finding), HasSubstr("Contoso Ltd (issued by Public CA)"));
  EXPECT_THAT(finding.why[0].records, ElementsAre(records_of(run, "signature").at(0)->id));
}

TEST_F(SignersTest, AChangedFileThatOnlyLiesThereIsLow) {
  sign(kProgram, SignatureStatus::digest_mismatch);
  asked = {kProgram};
  EXPECT_EQ(severity_of(only(judge())), Severity::low);
}

TEST_F(SignersTest, ACertificateOfTheOperatorsListIsOneFindingForAllItsFiles) {
  const char* other = "C:\\ProgramData\\b.dll";
  program(other);
  sign(kProgram, SignatureStatus::revoked_by_list);
  sign(other, SignatureStatus::revoked_by_list);
  fact(FactKind::process, kProgram);
  asked = {other};
  const ModuleRun run = judge();
  const Finding& finding = only(run);
  EXPECT_EQ(finding.rule, "signers.revoked");
  EXPECT_EQ(severity_of(finding), Severity::high);
  EXPECT_THAT(story_of(finding), HasSubstr("2 files"));
  EXPECT_THAT(story_of(finding), HasSubstr(other));
}

TEST_F(SignersTest, AnExpiredCertificateWithoutTimestampStaysLow) {
  sign(kProgram, SignatureStatus::valid_expired_untimestamped);
  fact(FactKind::autostart, kProgram);
  const ModuleRun run = judge();
  const Finding& finding = only(run);
  EXPECT_EQ(finding.rule, "signers.expired_untimestamped");
  EXPECT_EQ(severity_of(finding), Severity::low);
  EXPECT_THAT(story_of(finding), HasSubstr("this one alone"));
  EXPECT_THAT(story_of(finding), HasSubstr(fake::at(-10).iso8601()));
}

TEST_F(SignersTest, WhatIsSignedOutOfItsTimeIsNotCalledExpired) {
  FileSignature& signature = sign(kProgram, SignatureStatus::valid_expired_untimestamped);
  signature.doubt = SignatureDoubt::stamped_too_late;
  signature.why = "its timestamp proves that it was signed later than its certificate";
  asked = {kProgram};
  const ModuleRun run = judge();
  const Finding& finding = only(run);
  EXPECT_EQ(finding.rule, "signers.out_of_time");
  EXPECT_EQ(severity_of(finding), Severity::low);
  EXPECT_THAT(finding.why[0].fact, HasSubstr("signed later than its certificate"));
  EXPECT_EQ((*records_of(run, "signature")[0])["status_reason"], signature.why);
}

TEST_F(SignersTest, ACertificateThatIsNotForProgramsHasARootThatIsKnown) {
  FileSignature& signature = sign(kProgram, SignatureStatus::untrusted_root, "Cisco Systems, Inc.");
  signature.doubt = SignatureDoubt::wrong_purpose;
  signature.why = "its certificate is not one for signing code";
  asked = {kProgram};
  const ModuleRun run = judge();
  const Finding& finding = only(run);
  EXPECT_EQ(finding.rule, "signers.unfit_certificate");
  for (const Why& one : finding.why) EXPECT_THAT(one.fact, Not(HasSubstr("no root")));
  EXPECT_THAT(finding.why[0].fact, HasSubstr("not one for signing code"));
}

TEST_F(SignersTest, WhatTheHostDoesNotAllowNamesItsStore) {
  FileSignature& signature = sign(kProgram, SignatureStatus::revoked_by_list);
  signature.doubt = SignatureDoubt::disallowed;
  signature.why = "its certificate, or one above it, stands in HKLM\\X\\Disallowed";
  asked = {kProgram};
  const ModuleRun run = judge();
  EXPECT_EQ(only(run).rule, "signers.disallowed");
  EXPECT_FALSE(only(run).exact_indicator);
  EXPECT_THAT(only(run).why[0].fact, HasSubstr("HKLM\\X\\Disallowed"));
}

TEST_F(SignersTest, AFileThatNothingRunsIsCheckedWhereItsSignerIsListed) {
  sign(kProgram, SignatureStatus::revoked_by_list);
  const std::string other = "C:\\Program Files\\Contoso\\other.dll";
  program(other);
  sign(other, SignatureStatus::valid, "Other Ltd");
  NamedSigner one;
  one.signer = "Contoso Ltd";
  one.thumbprint = "aaContoso Ltd";
  one.is_revoked = true;
  named[EvidencePath::parse(kProgram)->folded()] = {one};
  one.signer = "Other Ltd";
  one.thumbprint = "aaOther Ltd";
  one.is_revoked = false;
  named[EvidencePath::parse(other)->folded()] = {one};
  const ModuleRun run = judge();  // nobody asked for either
  EXPECT_EQ(only(run).rule, "signers.revoked");
  EXPECT_EQ(only(run).subject, kProgram);
  const auto rows = records_of(run, "signer");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ((*rows[0])["signer"], "Contoso Ltd");
  EXPECT_EQ((*rows[0])["named"], "1");
  EXPECT_EQ((*rows[0])["files"], "1");
  EXPECT_EQ((*rows[1])["named"], "1");
  EXPECT_EQ((*rows[1])["files"], "0");
}

TEST_F(SignersTest, AKnownNameFromNobodyKnownIsMedium) {
  sign(kProgram, SignatureStatus::untrusted_root, "Microsoft Corporation").root = "Mine";
  asked = {kProgram};
  const ModuleRun run = judge();
  EXPECT_EQ(only(run).rule, "signers.claimed_vendor");
  EXPECT_EQ(severity_of(only(run)), Severity::medium);
}

TEST_F(SignersTest, SelfMadeCertificatesOfOthersAndChainsWithoutEndAreNone) {
  sign(kProgram, SignatureStatus::untrusted_root, "Bob's tools");
  asked = {kProgram};
  EXPECT_THAT(judge().context->findings, IsEmpty());
  sign(kProgram, SignatureStatus::untrusted_root, "Microsoft Corporation").root.clear();
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST_F(SignersTest, WindowsForTrialStaysLow) {
  sign(kProgram, SignatureStatus::untrusted_root, "Microsoft Windows").root =
      "Microsoft Testing Root Certificate Authority 2010";
  fact(FactKind::autostart, kProgram);
  EXPECT_EQ(severity_of(only(judge())), Severity::low);
}

TEST_F(SignersTest, ARootThatOnlyTheHostTrustsIsLow) {
  FileSignature& signature =
      sign(kProgram, SignatureStatus::untrusted_root, "Microsoft Corporation");
  signature.host_trusts_root = true;
  signature.root = "Contoso Root";
  fact(FactKind::autostart, kProgram);
  const ModuleRun run = judge();
  const Finding& finding = only(run);
  EXPECT_EQ(finding.rule, "signers.root_of_host");
  EXPECT_EQ(finding.subject, "Contoso Root");
  EXPECT_EQ(severity_of(finding), Severity::low);
  EXPECT_THAT(finding.attack, Contains("T1553.004"));
}

TEST_F(SignersTest, HiddenBytesAreLowAndFewAreNone) {
  sign(kProgram, SignatureStatus::valid).hidden_bytes = 100'000;
  fact(FactKind::autostart, kProgram);
  EXPECT_EQ(only(judge()).rule, "signers.hidden_bytes");
  EXPECT_EQ(severity_of(only(judge())), Severity::low);
  sign(kProgram, SignatureStatus::valid).hidden_bytes = 1'000;
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST_F(SignersTest, ABrokenSignatureIsLow) {
  FileSignature& signature = sign(kProgram, SignatureStatus::malformed);
  signature.error = Error{Errc::malformed, "PKCS #7"};
  signature.hidden_bytes = 100'000;  // told once
  fact(FactKind::autostart, kProgram);
  const ModuleRun run = judge();
  EXPECT_EQ(only(run).rule, "signers.malformed");
  EXPECT_EQ(severity_of(only(run)), Severity::low);
  EXPECT_THAT(story_of(only(run)), HasSubstr("PKCS #7"));
}

TEST_F(SignersTest, WindowsThatTrustsWhatDoesNotHoldIsMedium) {
  sign(kProgram, SignatureStatus::digest_mismatch);
  asked = {kProgram};
  system_says({0});
  const ModuleRun run = judge();
  const auto found = findings_of(run, "signers.system_trusts_what_fails");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(severity_of(*found[0]), Severity::medium);
  EXPECT_THAT(found[0]->attack, Contains("T1553.003"));
  EXPECT_EQ((*records_of(run, "signature").at(0))["system_says"], "trusts");
}

TEST_F(SignersTest, AnUnsignedFileThatACatalogNamesForWindowsIsNone) {
  asked = {kProgram};
  system_says({0, "C:\\Windows\\System32\\CatRoot\\a.cat"});
  EXPECT_THAT(judge().context->findings, IsEmpty());
  system_says({0});
  EXPECT_EQ(only(judge()).rule, "signers.system_trusts_what_fails");
}

TEST_F(SignersTest, WindowsThatRefusesASoundFile) {
  sign(kProgram, SignatureStatus::valid);
  asked = {kProgram};
  system_says({SystemVerdict::kRevoked});
  EXPECT_EQ(only(judge()).rule, "signers.system_refuses");
  EXPECT_EQ(severity_of(only(judge())), Severity::medium);
  system_says({SystemVerdict::kBadDigest});
  EXPECT_EQ(severity_of(only(judge())), Severity::low);
  // A root that it would fetch, when it is asked the usual way.
  system_says({SystemVerdict::kUntrustedRoot});
  EXPECT_THAT(judge().context->findings, IsEmpty());
  system_says({0});
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST_F(SignersTest, WhatWineSaysIsToldAndNotBelieved) {
  sign(kProgram, SignatureStatus::digest_mismatch);
  asked = {kProgram};
  system_says({0});
  emulator = "Wine 8.0";
  const ModuleRun run = judge();
  const Finding& finding = only(run);
  EXPECT_EQ(finding.rule, "signers.changed");
  EXPECT_THAT(finding.not_checked, Contains(HasSubstr("Wine 8.0")));
  EXPECT_EQ((*records_of(run, "signature").at(0))["system_says"], "trusts (Wine 8.0)");
}

TEST_F(SignersTest, AQuestionThatFailsIsTold) {
  sign(kProgram, SignatureStatus::valid);
  asked = {kProgram};
  state.system_trust = [](const EvidencePath&) -> Result<SystemVerdict> {
    return Error{Errc::io, "it"};
  };
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty());
  EXPECT_THAT((*records_of(run, "signature").at(0))["system_says"], HasSubstr("failed: it"));
}

TEST_F(SignersTest, AStopEndsTheReading) {
  fact(FactKind::autostart, kProgram);
  ModuleRun run{windows.machine(), nullptr};
  run.context = std::make_unique<fake::Context>(run.machine);
  for (const Fact& one : facts) run.context->state(one);
  run.context->stated.settle();
  run.context->stopper.request_stop();
  EXPECT_TRUE(modules::signers.judge(*run.context));
  EXPECT_THAT(records_of(run, "signature"), IsEmpty());
}

TEST_F(SignersTest, ProgramsOfDeletedServicesAreLeftOut) {
  Fact fact;
  fact.kind = FactKind::service_entry;
  fact.subject = "old";
  fact.values.add("ImagePath", kProgram);
  fact.values.add("what", "deleted");
  facts.push_back(fact);
  EXPECT_THAT(records_of(judge(), "signature"), IsEmpty());
}

}  // namespace
}  // namespace hozen
