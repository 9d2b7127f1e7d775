#include "plugin_host/elf_file.h"

#include <elf.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "plugin_host/refusal.h"

namespace gw::plugin_host {

namespace {

constexpr std::size_t kMostEntries = 1u << 20;  // of any table
constexpr std::size_t kMostManifest = 256u << 10;
#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "the plugin ABI is defined for x86-64 and AArch64"
#endif

/// Bounds-checked reads; every one past the end is a Refusal.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] std::span<const std::byte> range(std::uint64_t offset, std::uint64_t size) const {
        if (offset > bytes_.size() || size > bytes_.size() - offset) throw Refusal("ELF: truncated or damaged");
        return bytes_.subspan(offset, size);
    }
    template <class T>
    [[nodiscard]] T at(std::uint64_t offset) const {
        T value{};
        std::memcpy(&value, range(offset, sizeof(T)).data(), sizeof(T));
        return value;
    }
    template <class T>
    [[nodiscard]] std::vector<T> table(std::uint64_t offset, std::uint64_t size) const {
        const auto bytes = range(offset, size);
        std::vector<T> entries(size / sizeof(T));
        if (entries.size() > kMostEntries) throw Refusal("ELF: absurdly large table");
        if (!entries.empty()) std::memcpy(entries.data(), bytes.data(), entries.size() * sizeof(T));
        return entries;
    }

private:
    std::span<const std::byte> bytes_;
};

std::string textAt(std::span<const std::byte> strings, std::uint64_t offset) {
    if (offset >= strings.size()) throw Refusal("ELF: a name lies outside its string table");
    const auto* begin = reinterpret_cast<const char*>(strings.data()) + offset;
    const std::size_t length = ::strnlen(begin, strings.size() - offset);
    if (length == strings.size() - offset) throw Refusal("ELF: a name has no end");
    return {begin, length};
}

/// The parts of one file as they are found.
class ElfReader {
public:
    explicit ElfReader(std::span<const std::byte> bytes) : file_(bytes) {}

    ElfFacts read() {
        readHeader();
        readSegments();
        readSections();
        return std::move(facts_);
    }

private:
    void readHeader() {
        header_ = file_.at<Elf64_Ehdr>(0);
        if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) throw Refusal("not an ELF file");
        if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB)
            throw Refusal("ELF: not 64-bit little-endian");
        if (header_.e_type != ET_DYN) throw Refusal("ELF: not a shared object");
        if (header_.e_machine != kMachine) throw Refusal("ELF: built for another processor");
        if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_shentsize != sizeof(Elf64_Shdr))
            throw Refusal("ELF: unknown header sizes");
    }

    void readSegments() {
        segments_ = file_.table<Elf64_Phdr>(header_.e_phoff, std::uint64_t{header_.e_phnum} * sizeof(Elf64_Phdr));
        bool stack_named = false;
        for (const Elf64_Phdr& segment : segments_) {
            if (segment.p_type == PT_GNU_STACK) {
                stack_named = true;
                facts_.executable_stack = (segment.p_flags & PF_X) != 0;
            } else if (segment.p_type == PT_DYNAMIC) {
                readDynamic(segment);
            } else if (segment.p_type == PT_NOTE) {
                readNotes(segment);
            }
        }
        if (!stack_named) facts_.executable_stack = true;  // the loader's default
    }

    void readDynamic(const Elf64_Phdr& segment) {
        const auto entries = file_.table<Elf64_Dyn>(segment.p_offset, segment.p_filesz);
        std::uint64_t strings_address = 0, strings_size = 0;
        for (const Elf64_Dyn& entry : entries) {
            if (entry.d_tag == DT_STRTAB) strings_address = entry.d_un.d_ptr;
            if (entry.d_tag == DT_STRSZ) strings_size = entry.d_un.d_val;
        }
        const auto strings = file_.range(offsetOf(strings_address), strings_size);
        for (const Elf64_Dyn& entry : entries) {
            if (entry.d_tag == DT_NULL) break;
            readDynamicEntry(entry, strings);
        }
    }

    void readDynamicEntry(const Elf64_Dyn& entry, std::span<const std::byte> strings) {
        switch (entry.d_tag) {
            case DT_NEEDED: facts_.needed.push_back(textAt(strings, entry.d_un.d_val)); break;
            case DT_RPATH:
            case DT_RUNPATH: facts_.run_paths.push_back(textAt(strings, entry.d_un.d_val)); break;
            case DT_TEXTREL: facts_.text_relocations = true; break;
            case DT_FLAGS:
                if ((entry.d_un.d_val & DF_TEXTREL) != 0) facts_.text_relocations = true;
                break;
            default: break;
        }
    }

    [[nodiscard]] std::uint64_t offsetOf(std::uint64_t address) const {
        for (const Elf64_Phdr& segment : segments_) {
            if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
            if (address - segment.p_vaddr < segment.p_filesz) return segment.p_offset + (address - segment.p_vaddr);
        }
        throw Refusal("ELF: the dynamic string table lies outside the file");
    }

    void readNotes(const Elf64_Phdr& segment) {
        std::uint64_t offset = 0;
        while (offset + sizeof(Elf64_Nhdr) <= segment.p_filesz) {
            const auto note = file_.at<Elf64_Nhdr>(segment.p_offset + offset);
            const std::uint64_t name_size = (std::uint64_t{note.n_namesz} + 3) & ~3ull;
            const std::uint64_t text_size = (std::uint64_t{note.n_descsz} + 3) & ~3ull;
            const std::uint64_t text = offset + sizeof(Elf64_Nhdr) + name_size;
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz <= 64 &&
                text + note.n_descsz <= segment.p_filesz)
                facts_.build_id = hex(file_.range(segment.p_offset + text, note.n_descsz));
            offset = text + text_size;
        }
    }

    static std::string hex(std::span<const std::byte> bytes) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string text;
        for (const std::byte byte : bytes) {
            text += kDigits[std::to_integer<unsigned>(byte) >> 4];
            text += kDigits[std::to_integer<unsigned>(byte) & 15];
        }
        return text;
    }

    void readSections() {
        const auto sections =
            file_.table<Elf64_Shdr>(header_.e_shoff, std::uint64_t{header_.e_shnum} * sizeof(Elf64_Shdr));
        if (header_.e_shstrndx >= sections.size()) throw Refusal("ELF: no section names");
        const Elf64_Shdr& names = sections[header_.e_shstrndx];
        const auto name_bytes = file_.range(names.sh_offset, names.sh_size);
        for (const Elf64_Shdr& section : sections) {
            if (section.sh_type == SHT_DYNSYM && section.sh_link < sections.size())
                readSymbols(section, sections[section.sh_link]);
            else if (section.sh_type == SHT_PROGBITS && textAt(name_bytes, section.sh_name) == ".gwp.manifest")
                readManifest(section);
        }
    }

    void readSymbols(const Elf64_Shdr& section, const Elf64_Shdr& strings_section) {
        const auto strings = file_.range(strings_section.sh_offset, strings_section.sh_size);
        for (const Elf64_Sym& symbol : file_.table<Elf64_Sym>(section.sh_offset, section.sh_size)) {
            const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
            const bool seen = visibility == STV_DEFAULT || visibility == STV_PROTECTED;
            const bool defined = symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS;  // ABS: version names
            if (seen && defined && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL)
                facts_.exports.push_back(textAt(strings, symbol.st_name));
        }
    }

    void readManifest(const Elf64_Shdr& section) {
        if (section.sh_size > kMostManifest) throw Refusal("the manifest is larger than 256 KiB");
        const auto bytes = file_.range(section.sh_offset, section.sh_size);
        facts_.manifest.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        facts_.manifest.erase(facts_.manifest.find_last_not_of('\0') + 1);
    }

    Reader file_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Phdr> segments_;
    ElfFacts facts_;
};

}  // namespace

ElfFacts readElf(std::span<const std::byte> bytes) {
    return ElfReader(bytes).read();
}

}  // namespace gw::plugin_host
