// Names of tools and options by which passwords.cpp knows where passwords stand.
#pragma once

#include <string_view>

namespace hozen::password_names {

// The tools' own help texts say what -p means to them.
inline constexpr std::string_view kPsExecLike[] = {
    "psexec",     "psexec64",   "paexec",   "csexec",   "remcom",    "psservice",
    "psloggedon", "pslist",     "pskill",   "psinfo",   "psloglist", "psgetsid",
    "psfile",     "psshutdown", "pspasswd", "pssuspend"};
inline constexpr std::string_view kDashP[] = {"winrs",        "schtasks", "certutil", "xfreerdp",
                                              "crackmapexec", "cme",      "nxc",      "netexec",
                                              "evil-winrm",   "kerbrute", "smbmap"};
/// -px only: -p alone asks for it.
inline constexpr std::string_view kJoined[] = {"rar", "winrar", "unrar", "7z",       "7za",
                                               "7zr", "7zg",    "mysql", "mysqldump"};
/// -P x and -Px.
inline constexpr std::string_view kCapitalP[] = {"sqlcmd", "osql", "isql", "bcp"};
inline constexpr std::string_view kSshPass[] = {"sshpass"};
inline constexpr std::string_view kUserAndPassword[] = {"curl", "wget"};              // user:x
inline constexpr std::string_view kPercent[] = {"winexe", "smbclient", "rpcclient"};  // user%x
inline constexpr std::string_view kNet[] = {"net", "net1"};
inline constexpr std::string_view kDashH[] = {"crackmapexec", "cme", "nxc", "netexec",
                                              "evil-winrm"};
/// -p is a port or a path, whatever else the line holds.
inline constexpr std::string_view kOtherP[] = {"docker", "podman", "ssh",  "scp",   "sftp",
                                               "psql",   "nmap",   "ncat", "mkdir", "pg_dump"};
inline constexpr std::string_view kPython[] = {"python", "python3", "pythonw", "py"};
/// Options of PsExec and PAExec that the next word belongs to.
inline constexpr std::string_view kPsExecValues[] = {"u", "p",    "w",     "r", "n",
                                                     "a", "csrc", "clist", "to"};
/// Names that begin with "p" and are no password that joins it.
inline constexpr std::string_view kNotJoined[] = {"path", "priv", "purge", "psconsolefile",
                                                  "profile"};
/// Options that mean a password whatever the tool is; behind them ':', '=', or the next word.
inline constexpr std::string_view kOptions[] = {
    "password", "passwordd",  "passwordo",     "passwd",       "pass",           "pwd",
    "pw",       "rp",         "http-password", "ftp-password", "proxy-password", "hashes",
    "aeskey",   "passphrase", "oauth2-bearer", "ldappassword", "ldappw"};
/// Hashes that serve as passwords, behind ':' only.
inline constexpr std::string_view kHashes[] = {"ntlm", "rc4", "aes128", "aes256", "hash"};
/// `Password=x;` of connection strings and variables, by the ends of their names.
inline constexpr std::string_view kSettings[] = {"password", "passwd", "pwd"};

}  // namespace hozen::password_names
