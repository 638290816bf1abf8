// Rows of the module psexec: what tools that run programs on other hosts leave, and their uses.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/module/cells.h"
#include "collector/module/passwords.h"
#include "collector/module/remote_use.h"

namespace hozen {

struct SysinternalsEula {
  std::string tool;
  std::optional<std::uint64_t> accepted;
  std::uint64_t at_once = 0;
  std::string_view proves{};
};
inline constexpr std::array kSysinternalsEulaFields{
    Field<SysinternalsEula>{{"tool", "Tool of Sysinternals, as its key is called."},
                            [](const SysinternalsEula& r, Cell& c) { c.text(r.tool); }},
    Field<SysinternalsEula>{
        {"accepted", "EulaAccepted as it stands there: 1 when the licence was accepted."},
        [](const SysinternalsEula& r, Cell& c) { number_or_absent(c, r.accepted); }},
    Field<SysinternalsEula>{
        {"at_once",
         "How many tools of the user have keys with an accepted licence that were "
         "written within one second of this one's, itself among them."},
        [](const SysinternalsEula& r, Cell& c) { c.number(r.at_once); }},
    Field<SysinternalsEula>{
        {"proves",
         "What the entry is evidence of. `execution`: by this user, at least once. "
         "`licence`: only that the licence stands as accepted, because many were set "
         "within one second, as by a script, or for users to come. `nothing`: it was "
         "not accepted."},
        [](const SysinternalsEula& r, Cell& c) { c.text(r.proves); }},
};
struct RemoteToolFile {
  std::string path, source_host, original_name;
  std::optional<std::uint64_t> size;
};
inline constexpr std::array kRemoteToolFileFields{
    Field<RemoteToolFile>{{"path", "File of PsExec or a tool like it in the folder of Windows."},
                          [](const RemoteToolFile& r, Cell& c) { c.text(r.path); }},
    Field<RemoteToolFile>{
        {"source_host", "Host that the name of a key file of PsExec names."},
        [](const RemoteToolFile& r, Cell& c) { text_or_absent(c, r.source_host); }},
    Field<RemoteToolFile>{
        {"original_name", "OriginalFilename of its version resource."},
        [](const RemoteToolFile& r, Cell& c) { text_or_absent(c, r.original_name); }},
    Field<RemoteToolFile>{{"size", "Bytes."},
                          [](const RemoteToolFile& r, Cell& c) { number_or_absent(c, r.size); }},
};
inline constexpr std::array kRemoteUseFields{
    Field<RemoteUse>{{"tool", "What it is taken for."},
                     [](const RemoteUse& r, Cell& c) { c.text(r.tool->name); }},
    Field<RemoteUse>{{"service", "Service, as the evidence names it."},
                     [](const RemoteUse& r, Cell& c) { text_or_absent(c, r.service); }},
    Field<RemoteUse>{{"image", "Program of the service."},
                     [](const RemoteUse& r, Cell& c) { text_or_absent(c, r.image); }},
    Field<RemoteUse>{{"renamed", "Whether PsExec's service had another name than its own."},
                     [](const RemoteUse& r, Cell& c) { c.boolean(r.renamed); }},
    Field<RemoteUse>{
        {"source_host", "Host that it came from, as pipes, key files or logons name it."},
        [](const RemoteUse& r, Cell& c) { text_or_absent(c, r.source_host); }},
    Field<RemoteUse>{{"source_address", "Address that it came from."},
                     [](const RemoteUse& r, Cell& c) { text_or_absent(c, r.source_address); }},
    Field<RemoteUse>{{"account", "Account that asked for it."},
                     [](const RemoteUse& r, Cell& c) { text_or_absent(c, r.account); }},
    Field<RemoteUse>{{"client", "Program that asked for it, where that ran on this host."},
                     [](const RemoteUse& r, Cell& c) { text_or_absent(c, r.client); }},
    Field<RemoteUse>{{"commands", "What was run, as far as anything tells, without passwords."},
                     [](const RemoteUse& r, Cell& c) {
                       std::vector<std::string> texts;
                       texts.reserve(r.commands.size());
                       for (const std::string& one : r.commands)
                         texts.push_back(without_passwords(one));
                       c.texts(texts);
                     }},
    Field<RemoteUse>{
        {"prefetch_run", "Run in the prefetch file of its program that belongs to it."},
        [](const RemoteUse& r, Cell& c) { time_or_absent(c, r.prefetch_run); }},
    Field<RemoteUse>{{"installed", "Whether an event tells that its service was installed."},
                     [](const RemoteUse& r, Cell& c) { c.boolean(r.installed); }},
    Field<RemoteUse>{{"story", "What it rests on, a sentence each."},
                     [](const RemoteUse& r, Cell& c) {
                       std::vector<std::string> texts;
                       texts.reserve(r.why.size());
                       for (const Why& why : r.why) texts.push_back(without_passwords(why.fact));
                       c.texts(texts);
                     }},
    Field<RemoteUse>{{"missing", "What could have told more and is not there."},
                     [](const RemoteUse& r, Cell& c) { c.texts(r.missing); }},
    Field<RemoteUse>{{"records", "Records that it was put together from."},
                     [](const RemoteUse& r, Cell& c) {
                       std::set<std::string> ids;
                       for (const Why& why : r.why)
                         ids.insert(why.records.begin(), why.records.end());
                       c.texts(std::vector<std::string>{ids.begin(), ids.end()});
                     }},
};
inline constexpr std::array kRemoteStartFields{
    Field<RemoteStart>{{"image", "Program."},
                       [](const RemoteStart& r, Cell& c) { c.text(r.image); }},
    Field<RemoteStart>{{"renamed", "Whether the file has another name than the tool's own."},
                       [](const RemoteStart& r, Cell& c) { c.boolean(r.renamed); }},
    Field<RemoteStart>{{"account", "Account that started it."},
                       [](const RemoteStart& r, Cell& c) { text_or_absent(c, r.account); }},
    Field<RemoteStart>{
        {"target",
         "Hosts that it was to run something on, as they were given: names, `*` for all "
         "of the domain, or @ and the file that lists them."},
        [](const RemoteStart& r, Cell& c) { c.text(r.command.target()); }},
    Field<RemoteStart>{{"target_account", "Account there, behind -u."},
                       [](const RemoteStart& r, Cell& c) { text_or_absent(c, r.command.account); }},
    Field<RemoteStart>{{"command", "What was to be run, without passwords."},
                       [](const RemoteStart& r, Cell& c) {
                         text_or_absent(c, without_passwords(r.command.command));
                       }},
    Field<RemoteStart>{
        {"started_by", "Record of the process, the first where several logs tell it."},
        [](const RemoteStart& r, Cell& c) { c.text(r.records.front()); }},
};
}  // namespace hozen
