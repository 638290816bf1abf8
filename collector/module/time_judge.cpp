#include "collector/module/time_judge.h"

namespace hozen {
namespace {

std::string times_text(const Times& si) {
  return "created " + si.created.iso8601() + ", modified " + si.modified.iso8601() + ", accessed " +
         si.accessed.iso8601() + ", changed " + si.changed.iso8601();
}

void explain_created(const TimeSuspect& one, std::vector<Why>& why) {
  const std::string named = one.times.named.iso8601();
  if (one.signs.before_name)
    why.push_back({"$STANDARD_INFORMATION says created " + one.times.si.created.iso8601() +
                       ", in whole seconds; its name was made " + named,
                   20,
                   Family::time,
                   {}});
  if (one.signs.all_set)
    why.push_back(
        {"All times that programs can set are of whole seconds before the name was made: " +
             times_text(one.times.si),
         10,
         Family::time,
         {}});
  if (one.copied_from != nullptr)
    why.push_back({"It was created and modified at the same 100 ns as " +
                       std::string{one.copied_from->folder} + one.copied_from->name + " (" +
                       one.times.si.created.iso8601() + ", " + one.times.si.modified.iso8601() +
                       "); its name was made " + named,
                   30,
                   Family::time,
                   {}});
}

std::vector<Why> reasons(const TimeSuspect& one) {
  std::vector<Why> why;
  explain_created(one, why);
  if (one.signs.in_future)
    why.push_back({"A time is later than the evidence itself (" + one.times.reference.iso8601() +
                       "): " + times_text(one.times.si),
                   20,
                   Family::time,
                   {}});
  if (one.signs.before_volume)
    why.push_back(
        {"It was created before its volume was (" + one.times.volume_created.iso8601() + ")",
         15,
         Family::time,
         {}});
  if (one.among_newer)
    why.push_back({"Its record in $MFT lies among those of files made later", 5, Family::time, {}});
  why.push_back(
      {"It is a program, library or script, and no other file at this time and place "
       "shows the same",
       10,
       Family::location,
       {}});
  return why;
}

}  // namespace

Finding time_finding(const TimeSuspect& one, std::string_view path, const std::string& record) {
  Finding finding;
  finding.rule = one.signs.before_name || one.copied_from != nullptr
                     ? "time_anomalies.times_set_back"
                     : "time_anomalies.in_future";
  finding.title = one.is_strong() ? "The times of a program were set"
                                  : "The times of a program contradict each other";
  if (!one.file->in_use()) finding.title += " (deleted)";
  finding.subject = path;
  finding.why = reasons(one);
  for (Why& why : finding.why) why.records = {record};
  finding.attack = {"T1070.006"};
  finding.innocent_explanation_unchecked = !one.is_strong();
  finding.not_checked = {
      "Whether the change journal shows the times being set: its records reach back days to weeks"};
  if (!one.times.volume_created.is_set())
    finding.not_checked.emplace_back("When the volume was made: its record could not be read");
  finding.benign = {
      "A copy, an archive or an installer that brings the times of its files along: those from FAT "
      "and many archives are of whole or even seconds",
      "A file that was synchronised from another machine",
      "A file made anew under a name that was deleted within 15 seconds gets its creation time "
      "back (tunnelling)",
      "The clock of the machine, or of the one it came from, was wrong"};
  finding.next = {"Records of usn_journal of this file with basic_info_change, and who ran then",
                  "The file itself: signature, origin (Zone.Identifier), prefetch",
                  "Other files whose names were made at this time"};
  return finding;
}

Finding time_finding(const TimeGroup& group) {
  Finding finding;
  finding.rule = "time_anomalies.many_files";
  finding.title = group.were_set ? "The times of many programs were set"
                                 : "Many files brought their times along";
  finding.subject = group.place + ", named from " + group.first.iso8601();
  std::string examples;
  for (const std::string& example : group.examples)
    examples += (examples.empty() ? "" : ", ") + example;
  finding.why = {{std::to_string(group.files) + " files, " + std::to_string(group.programs) +
                      " of them programs, have times that contradict those of their names, which "
                      "were made " +
                      group.first.iso8601() + " to " + group.last.iso8601() +
                      ", among them: " + examples,
                  group.were_set ? 30 : 10, Family::time, group.records}};
  if (group.were_set)
    finding.why.push_back(
        {"All of their times are of whole seconds, and not as what unpacks, "
         "installs or copies files leaves them",
         10, Family::location, group.records});
  finding.attack = {"T1070.006"};
  finding.innocent_explanation_unchecked = !group.were_set;
  finding.benign = {
      "An archive that was unpacked, an installer, or a copy of a folder: all bring "
      "the times of their files along"};
  finding.next = {"What was installed or unpacked then; each file stands in the records"};
  return finding;
}

}  // namespace hozen
