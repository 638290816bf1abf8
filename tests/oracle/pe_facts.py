"""Prints what pefile reads of executables, one line a fact: pe_facts.py FILE...

tests/oracle/pe_posix_test.cpp prints the same of its own reading. Ends with 77 without pefile.
"""
import sys

try:
    import pefile
except ImportError:
    sys.exit(77)


def text(data):
    return data.decode("utf-8", "replace") if data else ""


def imports(kind, libraries):
    for library in libraries:
        functions = [
            "#%d" % one.ordinal if one.import_by_ordinal else text(one.name)
            for one in library.imports
        ]
        print(kind, text(library.dll), " ".join(functions))


def exports(image):
    if not hasattr(image, "DIRECTORY_ENTRY_EXPORT"):
        return
    directory = image.DIRECTORY_ENTRY_EXPORT
    print("export_library", text(directory.name))
    rows = [(one.ordinal, text(one.name), text(one.forwarder)) for one in directory.symbols]
    for row in sorted(rows):
        print("export", *row)


def version(image):
    if hasattr(image, "VS_FIXEDFILEINFO"):
        fixed = image.VS_FIXEDFILEINFO[0]
        pair = (fixed.FileVersionMS, fixed.FileVersionLS)
        print("file_version", ".".join("%d.%d" % (one >> 16, one & 0xFFFF) for one in pair))
    for infos in getattr(image, "FileInfo", None) or []:
        for info in infos:
            for table in getattr(info, "StringTable", []):
                rows = [(text(name), text(value)) for name, value in table.entries.items()]
                for name, value in sorted(rows):
                    print("text", text(table.LangID), name, ascii(value))


def resources(image):
    if not hasattr(image, "DIRECTORY_ENTRY_RESOURCE"):
        return
    for kind in image.DIRECTORY_ENTRY_RESOURCE.entries:
        for name in kind.directory.entries:
            for language in name.directory.entries:
                data = language.data.struct
                print(
                    "resource",
                    ascii(str(kind.name)) if kind.name else kind.id,
                    ascii(str(name.name)) if name.name else name.id,
                    language.id,
                    data.OffsetToData,
                    data.Size,
                )


def details(image):
    for entry in getattr(image, "DIRECTORY_ENTRY_DEBUG", []):
        if entry.struct.Type == 2 and entry.entry is not None:
            print("pdb", text(entry.entry.PdbFileName.rstrip(b"\0")), entry.entry.Age)
    print("rich", image.get_rich_header_hash())
    print("overlay", image.get_overlay_data_start_offset() or 0)


def main():
    for path in sys.argv[1:]:
        image = pefile.PE(path)
        header, optional = image.FILE_HEADER, image.OPTIONAL_HEADER
        print("file", path)
        print("headers", header.Machine, header.TimeDateStamp, header.Characteristics,
              optional.Magic == 0x20B, optional.Subsystem, optional.DllCharacteristics,
              optional.ImageBase, optional.SizeOfImage, optional.SizeOfHeaders,
              optional.AddressOfEntryPoint, optional.CheckSum)
        for one in image.sections:
            print("section", text(one.Name.rstrip(b"\0")), one.VirtualAddress, one.Misc_VirtualSize,
                  one.PointerToRawData, one.SizeOfRawData, one.Characteristics,
                  "%.4f" % one.get_entropy())
        imports("import", getattr(image, "DIRECTORY_ENTRY_IMPORT", []))
        imports("delayed", getattr(image, "DIRECTORY_ENTRY_DELAY_IMPORT", []))
        print("imphash", image.get_imphash())
        exports(image)
        version(image)
        resources(image)
        details(image)


main()
