// Lines of access logs, and the logs themselves, as records: of `hozen parse` and of the module.
#pragma once

#include <array>
#include <string>

#include "collector/formats/web_log.h"
#include "collector/module/cells.h"

namespace hozen {

namespace web_log_rows {
using R = Field<web_log::Request>;
using S = Field<web_log::Summary>;
}  // namespace web_log_rows

inline constexpr std::array kWebRequestFields{
    web_log_rows::R{{"line", "Number of the line in the log, from 1."},
                    [](const web_log::Request& r, Cell& c) { c.number(r.line); }},
    web_log_rows::R{{"offset", "Where the line begins in the log; unpacked, where it is packed."},
                    [](const web_log::Request& r, Cell& c) { c.number(r.offset); }},
    web_log_rows::R{{"time", "When the log says it was, in UTC as far as `zone` knows it."},
                    [](const web_log::Request& r, Cell& c) { time_or_absent(c, r.time); }},
    web_log_rows::R{{"zone",
                     "What makes the time UTC: `utc` the format, `in_line` an offset in the line, "
                     "`assumed_local` the local time of the host that the log was found on (of "
                     "`hozen parse`: it is as it is written), `none` there is no time."},
                    [](const web_log::Request& r, Cell& c) { c.text(to_text(r.zone)); }},
    web_log_rows::R{{"client", "Address or name that the request came from."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.client); }},
    web_log_rows::R{{"forwarded_for", "X-Forwarded-For, which a client can make up."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.forwarded); }},
    web_log_rows::R{{"account", "Account that the client logged on with."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.user); }},
    web_log_rows::R{{"method", "Method of HTTP, or the command of another protocol."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.method); }},
    web_log_rows::R{{"scheme", "Scheme of the URL; only proxies write it."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.scheme); }},
    web_log_rows::R{{"host", "Host that was asked."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.host); }},
    web_log_rows::R{{"port", "Port of the host."},
                    [](const web_log::Request& r, Cell& c) { number_or_absent(c, r.port); }},
    web_log_rows::R{{"path", "Path of the URL as written."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.path); }},
    web_log_rows::R{{"query", "What follows the question mark, as written."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.query); }},
    web_log_rows::R{{"status", "Status of the answer."},
                    [](const web_log::Request& r, Cell& c) { number_or_absent(c, r.status); }},
    web_log_rows::R{
        {"response_bytes", "Bytes that the client was sent."},
        [](const web_log::Request& r, Cell& c) { number_or_absent(c, r.response_bytes); }},
    web_log_rows::R{
        {"request_bytes", "Bytes that the client sent."},
        [](const web_log::Request& r, Cell& c) { number_or_absent(c, r.request_bytes); }},
    web_log_rows::R{{"user_agent", "What the client called itself."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.user_agent); }},
    web_log_rows::R{{"referer", "Page that led to the request, as the client says."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.referer); }},
    web_log_rows::R{{"server", "Address of the server that wrote the line."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.server); }},
    web_log_rows::R{{"mailbox", "Exchange: mailbox that decides which server answers."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.mailbox); }},
    web_log_rows::R{{"action", "What a proxy did, or why a server refused."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.action); }},
    web_log_rows::R{{"unparsed_request", "What was sent where it is no request of HTTP."},
                    [](const web_log::Request& r, Cell& c) { text_or_absent(c, r.unparsed); }},
};

inline constexpr std::array kWebLogFields{
    web_log_rows::S{{"format",
                     "Kind of its lines: `w3c` (IIS, HTTP.sys, TMG, Blue Coat), `exchange`, `ncsa` "
                     "(Apache, nginx, Tomcat), `squid`, `i_filter_access`, `i_filter_block`, "
                     "`intersafe` or `generic`."},
                    [](const web_log::Summary& r, Cell& c) { c.text(to_text(r.format)); }},
    web_log_rows::S{{"software", "Program that wrote it, as it says."},
                    [](const web_log::Summary& r, Cell& c) { text_or_absent(c, r.software); }},
    web_log_rows::S{{"encoding", "How its characters are written, `ascii` where nothing shows it."},
                    [](const web_log::Summary& r, Cell& c) { c.text(to_text(r.encoding)); }},
    web_log_rows::S{{"mixed_encodings", "Whether lines are in another encoding too."},
                    [](const web_log::Summary& r, Cell& c) { c.boolean(r.mixed_encodings); }},
    web_log_rows::S{{"packed", "Whether it is packed with gzip."},
                    [](const web_log::Summary& r, Cell& c) { c.boolean(r.packed); }},
    web_log_rows::S{{"zone", "What makes its times UTC, as in the lines."},
                    [](const web_log::Summary& r, Cell& c) { c.text(to_text(r.zone)); }},
    web_log_rows::S{{"lines", "Lines read."},
                    [](const web_log::Summary& r, Cell& c) { c.number(r.lines); }},
    web_log_rows::S{{"requests", "Lines that tell of a request."},
                    [](const web_log::Summary& r, Cell& c) { c.number(r.requests); }},
    web_log_rows::S{{"damaged_lines", "Lines that are not as the others."},
                    [](const web_log::Summary& r, Cell& c) { c.number(r.damaged); }},
    web_log_rows::S{{"cut_lines", "Lines that are too long and were read in part."},
                    [](const web_log::Summary& r, Cell& c) { c.number(r.cut); }},
    web_log_rows::S{{"unpacked_bytes", "Bytes read, unpacked."},
                    [](const web_log::Summary& r, Cell& c) { c.number(r.unpacked_bytes); }},
};

}  // namespace hozen
