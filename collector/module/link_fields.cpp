#include "collector/module/link_fields.h"

#include <cstdio>

namespace hozen {
namespace link_fields {
namespace {

Absent why_not(const Link* link) {
  return link == nullptr ? Absent::unreadable : Absent::not_present;
}

const LinkVolume* volume_of(const Link* link) {
  return link != nullptr && link->info && link->info->volume ? &*link->info->volume : nullptr;
}

const LinkTracker* tracker_of(const Link* link) {
  return link != nullptr && link->tracker ? &*link->tracker : nullptr;
}

}  // namespace

void write_text(Cell& cell, const Link* link, std::optional<DecodedText> Link::*text) {
  const bool has_text = link != nullptr && (link->*text).has_value();
  has_text ? cell.text((link->*text)->text) : cell.absent(why_not(link));
}

void write_target(Cell& cell, const Link* link) {
  text_or_absent(cell, link != nullptr ? target_of(*link).path : "", why_not(link));
}

void write_target_source(Cell& cell, const Link* link) {
  text_or_absent(cell, link != nullptr ? target_of(*link).source : "", why_not(link));
}

void write_network_path(Cell& cell, const Link* link) {
  const auto path =
      link != nullptr && link->info ? link->info->network_path() : std::optional<DecodedText>{};
  path ? cell.text(path->text) : cell.absent(why_not(link));
}

void write_time(Cell& cell, const Link* link, FileTime Link::*time) {
  time_or_absent(cell, link != nullptr ? link->*time : FileTime{}, why_not(link));
}

void write_size(Cell& cell, const Link* link) {
  link != nullptr ? cell.number(link->target_size) : cell.absent(why_not(link));
}

void write_drive_type(Cell& cell, const Link* link) {
  const LinkVolume* volume = volume_of(link);
  volume != nullptr ? cell.number(volume->drive_type) : cell.absent(why_not(link));
}

void write_serial(Cell& cell, const Link* link) {
  const LinkVolume* volume = volume_of(link);
  if (volume == nullptr) return cell.absent(why_not(link));
  char text[9];
  std::snprintf(text, sizeof text, "%08X", static_cast<unsigned>(volume->serial));
  cell.text(text);
}

void write_label(Cell& cell, const Link* link) {
  const LinkVolume* volume = volume_of(link);
  volume != nullptr ? cell.text(volume->label.text) : cell.absent(why_not(link));
}

void write_machine(Cell& cell, const Link* link) {
  const LinkTracker* tracker = tracker_of(link);
  text_or_absent(cell, tracker != nullptr ? tracker->machine_id.text : "", why_not(link));
}

void write_mac(Cell& cell, const Link* link) {
  const LinkTracker* tracker = tracker_of(link);
  cell.optional_text(tracker != nullptr ? tracker->file.mac_address() : std::nullopt,
                     why_not(link));
}

void write_file_id(Cell& cell, const Link* link) {
  const LinkTracker* tracker = tracker_of(link);
  tracker != nullptr ? cell.text(tracker->file.text()) : cell.absent(why_not(link));
}

void write_trailing(Cell& cell, const Link* link) {
  link != nullptr ? cell.number(link->trailing_bytes) : cell.absent(why_not(link));
}

}  // namespace link_fields

void add_link_times(Envelope& envelope, const Link& link) {
  if (link.created.is_set()) envelope.timestamps.emplace_back("target_created", link.created);
  if (link.modified.is_set()) envelope.timestamps.emplace_back("target_modified", link.modified);
  if (link.accessed.is_set()) envelope.timestamps.emplace_back("target_accessed", link.accessed);
}

}  // namespace hozen
