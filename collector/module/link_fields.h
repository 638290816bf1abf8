// What a shortcut says, as columns: for every record that shows one (shortcuts, jump lists).
#pragma once

#include <array>
#include <string>

#include "collector/formats/lnk.h"
#include "collector/module/cells.h"

namespace hozen {

namespace link_fields {

void write_text(Cell& cell, const Link* link, std::optional<DecodedText> Link::*text);
void write_target(Cell& cell, const Link* link);
void write_target_source(Cell& cell, const Link* link);
void write_network_path(Cell& cell, const Link* link);
void write_time(Cell& cell, const Link* link, FileTime Link::*time);
void write_size(Cell& cell, const Link* link);
void write_drive_type(Cell& cell, const Link* link);
void write_serial(Cell& cell, const Link* link);
void write_label(Cell& cell, const Link* link);
void write_machine(Cell& cell, const Link* link);
void write_mac(Cell& cell, const Link* link);
void write_file_id(Cell& cell, const Link* link);
void write_trailing(Cell& cell, const Link* link);

}  // namespace link_fields

/// Columns of a row with a member `link`, nullptr where the shortcut cannot be read.
template <class Row>
inline constexpr std::array kLinkFields{
    Field<Row>{{"target", "File or location that the shortcut leads to."},
               [](const Row& r, Cell& c) { link_fields::write_target(c, r.link); }},
    Field<Row>{{"target_source",
                "Part of the shortcut that says so: environment, local, network, id_list or "
                "relative."},
               [](const Row& r, Cell& c) { link_fields::write_target_source(c, r.link); }},
    Field<Row>{{"network_path", "The same on a share."},
               [](const Row& r, Cell& c) { link_fields::write_network_path(c, r.link); }},
    Field<Row>{{"arguments", "Arguments for the target."},
               [](const Row& r, Cell& c) { link_fields::write_text(c, r.link, &Link::arguments); }},
    Field<Row>{{"working_directory", "Folder that the target is started in."},
               [](const Row& r, Cell& c) {
                 link_fields::write_text(c, r.link, &Link::working_directory);
               }},
    Field<Row>{{"link_name", "Description in the shortcut."},
               [](const Row& r, Cell& c) { link_fields::write_text(c, r.link, &Link::name); }},
    Field<Row>{
        {"icon_location", "File that the icon is taken from."},
        [](const Row& r, Cell& c) { link_fields::write_text(c, r.link, &Link::icon_location); }},
    Field<Row>{{"target_created", "Creation of the target when the shortcut was last updated."},
               [](const Row& r, Cell& c) { link_fields::write_time(c, r.link, &Link::created); }},
    Field<Row>{{"target_modified", "Its last change then."},
               [](const Row& r, Cell& c) { link_fields::write_time(c, r.link, &Link::modified); }},
    Field<Row>{{"target_accessed", "Its last access then."},
               [](const Row& r, Cell& c) { link_fields::write_time(c, r.link, &Link::accessed); }},
    Field<Row>{{"target_size", "Its size in bytes then, the low 32 bits."},
               [](const Row& r, Cell& c) { link_fields::write_size(c, r.link); }},
    Field<Row>{
        {"drive_type", "Kind of its drive: 2 removable, 3 fixed, 4 network, 5 CD, 6 memory."},
        [](const Row& r, Cell& c) { link_fields::write_drive_type(c, r.link); }},
    Field<Row>{{"volume_serial", "Serial number of its volume, eight hex digits."},
               [](const Row& r, Cell& c) { link_fields::write_serial(c, r.link); }},
    Field<Row>{{"volume_label", "Label of its volume."},
               [](const Row& r, Cell& c) { link_fields::write_label(c, r.link); }},
    Field<Row>{{"machine", "NetBIOS name of the machine that the target was on."},
               [](const Row& r, Cell& c) { link_fields::write_machine(c, r.link); }},
    Field<Row>{{"mac_address", "Address of a network card of that machine, in the target's id."},
               [](const Row& r, Cell& c) { link_fields::write_mac(c, r.link); }},
    Field<Row>{{"file_id", "Object identifier of the target."},
               [](const Row& r, Cell& c) { link_fields::write_file_id(c, r.link); }},
    Field<Row>{{"trailing_bytes", "Bytes behind the end of the shortcut, which honest ones lack."},
               [](const Row& r, Cell& c) { link_fields::write_trailing(c, r.link); }},
};

/// The columns of two arrays.
template <class Row, std::size_t A, std::size_t B>
constexpr std::array<Field<Row>, A + B> joined_fields(const std::array<Field<Row>, A>& first,
                                                      const std::array<Field<Row>, B>& second) {
  return [&]<std::size_t... I, std::size_t... J>(std::index_sequence<I...>,
                                                 std::index_sequence<J...>) {
    return std::array<Field<Row>, A + B>{first[I]..., second[J]...};
  }
  (std::make_index_sequence<A>{}, std::make_index_sequence<B>{});
}

/// `target_created`, `target_modified` and `target_accessed`, where they are set.
void add_link_times(Envelope& envelope, const Link& link);

}  // namespace hozen
