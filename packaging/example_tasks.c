// Plants two scheduled tasks in the example Windows as the Task Scheduler keeps them: a definition
// below System32\Tasks and the keys of TaskCache. The second lacks its security descriptor, so that
// Windows would not list it. Written directly: Wine's Task Scheduler keeps no such keys.
#include <windows.h>

#include <bcrypt.h>
#include <stdio.h>

#define CACHE L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\"

typedef struct {
  BYTE data[4096];
  DWORD size;
} Blob;

static void raw(Blob *blob, const void *data, DWORD size) {
  memcpy(blob->data + blob->size, data, size);
  blob->size += size;
}
static void u8(Blob *blob, BYTE value) { raw(blob, &value, 1); }
static void u16(Blob *blob, WORD value) { raw(blob, &value, 2); }
static void u32(Blob *blob, DWORD value) { raw(blob, &value, 4); }
static void u64(Blob *blob, ULONGLONG value) { raw(blob, &value, 8); }
static void fill(Blob *blob) {
  while (blob->size % 8) u8(blob, 0x48);
}
static void counted(Blob *blob, const WCHAR *text) {
  DWORD size = (DWORD)(2 * wcslen(text));
  u32(blob, size);
  raw(blob, text, size);
}
/* With its NUL, each part padded: as Triggers has texts. */
static void padded(Blob *blob, const WCHAR *text) {
  DWORD size = (DWORD)(2 * wcslen(text) + 2);
  u32(blob, size);
  fill(blob);
  raw(blob, text, size);
  fill(blob);
}

/* What Triggers keeps of the definition: CRC-32, all bits turned over. */
static DWORD crc(const BYTE *data, DWORD size) {
  DWORD value = 0xFFFFFFFF;
  for (DWORD i = 0; i < size; ++i) {
    value ^= data[i];
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320 : 0);
  }
  return value;
}

static int sha256(BYTE *data, DWORD size, BYTE hash[32]) {
  BCRYPT_ALG_HANDLE algorithm;
  BCRYPT_HASH_HANDLE handle;
  if (BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0)) return 0;
  return !BCryptCreateHash(algorithm, &handle, NULL, 0, NULL, 0, 0) &&
         !BCryptHashData(handle, data, size, 0) && !BCryptFinishHash(handle, hash, 32, 0);
}

static void write_actions(Blob *blob, const WCHAR *command, const WCHAR *arguments) {
  u16(blob, 3);
  counted(blob, L"Author");
  u16(blob, 0x6666); /* Exec */
  counted(blob, L"");
  counted(blob, command);
  counted(blob, arguments);
  counted(blob, L"");
  u16(blob, 0);
}

static const BYTE kSystem[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};

/* At the logon of anybody, as SYSTEM. */
static void write_triggers(Blob *blob, DWORD check) {
  static const DWORD settings[] = {600, 3600, 259200, 0xFFFFFFFF, 7, 0, 0};
  u8(blob, 0x17), fill(blob);
  u8(blob, 0), fill(blob), u64(blob, 0);
  u8(blob, 0), fill(blob), u64(blob, ~0ull);
  u32(blob, 0x400000), fill(blob); /* enabled */
  u32(blob, check), fill(blob);
  padded(blob, L"Author");
  padded(blob, L"");
  u8(blob, 0), fill(blob), u8(blob, 0), fill(blob);
  u32(blob, 5), fill(blob);
  u32(blob, sizeof kSystem), fill(blob);
  raw(blob, kSystem, sizeof kSystem), fill(blob);
  padded(blob, L"SYSTEM");
  u32(blob, 44), fill(blob);
  raw(blob, settings, sizeof settings);
  u64(blob, 0), u64(blob, 0), fill(blob);
  u32(blob, 0xAAAA), fill(blob); /* LogonTrigger */
  u8(blob, 0), fill(blob), u64(blob, 0);
  u8(blob, 0), fill(blob), u64(blob, ~0ull);
  u32(blob, 0), u32(blob, 0xFFFFFFFF), u32(blob, 0), u32(blob, 0), u32(blob, 0), u32(blob, 0);
  u8(blob, 1), fill(blob), u64(blob, 0);
  counted(blob, L""), fill(blob);
  u8(blob, 1), fill(blob);
}

/* O:SYG:SYD:(A;;FA;;;BA)(A;;FA;;;SY) */
static void write_descriptor(Blob *blob) {
  static const BYTE administrators[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
  u8(blob, 1), u8(blob, 0), u16(blob, 0x8004);
  u32(blob, 20), u32(blob, 0), u32(blob, 0), u32(blob, 32);
  raw(blob, kSystem, sizeof kSystem);
  u8(blob, 2), u8(blob, 0), u16(blob, 8 + 24 + 20), u16(blob, 2), u16(blob, 0);
  u8(blob, 0), u8(blob, 0), u16(blob, 24), u32(blob, 0x1F01FF);
  raw(blob, administrators, sizeof administrators);
  u8(blob, 0), u8(blob, 0), u16(blob, 20), u32(blob, 0x1F01FF);
  raw(blob, kSystem, sizeof kSystem);
}

static int set(const WCHAR *key, const WCHAR *name, DWORD type, const void *data, DWORD size) {
  WCHAR path[600];
  swprintf(path, 600, CACHE L"%ls", key);
  return RegSetKeyValueW(HKEY_LOCAL_MACHINE, path, name, type, data, size) == ERROR_SUCCESS;
}

static int write_file(const WCHAR *path, const void *data, DWORD size) {
  DWORD written = 0;
  HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE) return 0;
  BOOL done = WriteFile(file, data, size, &written, NULL);
  CloseHandle(file);
  return done && written == size;
}

static int plant(const WCHAR *path, const WCHAR *id, const WCHAR *command, const WCHAR *arguments,
                 int described) {
  static WCHAR xml[2048];
  WCHAR file[300], tree[300], tasks[300];
  BYTE hash[32];
  Blob actions = {.size = 0}, triggers = {.size = 0}, descriptor = {.size = 0}, times = {.size = 0};
  DWORD index = 3;
  int length = swprintf(
      xml, 2048,
      L"\xFEFF<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n"
      L"<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n"
      L"  <RegistrationInfo><Author>Example</Author><URI>%ls</URI></RegistrationInfo>\r\n"
      L"  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>\r\n"
      L"  <Principals><Principal id=\"Author\"><UserId>S-1-5-18</UserId></Principal></Principals>\r\n"
      L"  <Settings><Enabled>true</Enabled></Settings>\r\n"
      L"  <Actions Context=\"Author\"><Exec><Command>%ls</Command><Arguments>%ls</Arguments></Exec>"
      L"</Actions>\r\n</Task>\r\n",
      path, command, arguments);
  if (length < 0) return 0;
  DWORD bytes = (DWORD)length * 2;
  swprintf(file, 300, L"C:\\Windows\\System32\\Tasks%ls", path);
  swprintf(tree, 300, L"Tree%ls", path);
  swprintf(tasks, 300, L"Tasks\\%ls", id);
  if (!sha256((BYTE *)(xml + 1), bytes - 2, hash)) return 0;
  write_actions(&actions, command, arguments);
  write_triggers(&triggers, crc((const BYTE *)(xml + 1), bytes - 2));
  write_descriptor(&descriptor);
  FILETIME now;
  GetSystemTimeAsFileTime(&now);
  u32(&times, 3), raw(&times, &now, 8), u64(&times, 0), u32(&times, 0), u32(&times, 0), u64(&times, 0);
  WCHAR plain[300];
  swprintf(plain, 300, CACHE L"Logon\\%ls", id);
  HKEY key;
  if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, plain, 0, NULL, 0, KEY_WRITE, NULL, &key, NULL)) return 0;
  RegCloseKey(key);
  return write_file(file, xml, bytes) &&
         set(tree, L"Id", REG_SZ, id, (DWORD)(2 * wcslen(id) + 2)) &&
         set(tree, L"Index", REG_DWORD, &index, 4) &&
         (!described || set(tree, L"SD", REG_BINARY, descriptor.data, descriptor.size)) &&
         set(tasks, L"Path", REG_SZ, path, (DWORD)(2 * wcslen(path) + 2)) &&
         set(tasks, L"Hash", REG_BINARY, hash, 32) &&
         set(tasks, L"Actions", REG_BINARY, actions.data, actions.size) &&
         set(tasks, L"Triggers", REG_BINARY, triggers.data, triggers.size) &&
         set(tasks, L"DynamicInfo", REG_BINARY, times.data, times.size);
}

int main(void) {
  CreateDirectoryW(L"C:\\Windows\\System32\\Tasks", NULL);
  return !plant(L"\\ExampleUpdateTask", L"{5E1D2A60-0001-4000-8000-00000000E5A1}",
                L"C:\\Program Files\\Example\\update.exe", L"/check", 1) ||
         !plant(L"\\ExampleHiddenTask", L"{5E1D2A60-0002-4000-8000-00000000E5A1}",
                L"C:\\Windows\\Temp\\hidden.exe", L"/logon", 0);
}
