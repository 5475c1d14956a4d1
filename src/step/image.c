/* SPDX-License-Identifier: MIT
 * The dynamic section of an ELF file as it lies in a process (gABI, "Dynamic Linking"; the GNU hash table as binutils
 * writes it). */
#include "step/image.h"
#include "base/util.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/uio.h>

/* What no file that lies in a process has more of. */
enum { HEADERS_MOST = 64, DYNAMIC_MOST = 128, CHAIN_MOST = 4096, NAME_MOST = 64 };

bool image_read(pid_t pid, uint64_t at, void *to, size_t n)
{
	struct iovec local = { to, n }, remote = { (void *)(uintptr_t)at, n };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* --- again and again ----------------------------------------------------------------------------------- */

/* The kernel stops at the first piece that is not there: of that and what follows it nothing is known. */
void image_again_begin(struct image_again *a, pid_t pid)
{
	struct iovec local, remote[IMAGE_PIECES];
	uint32_t offset = 0;
	ssize_t got;

	if (!a->bytes)
		a->bytes = xcalloc(IMAGE_ROOM, 1);
	for (uint32_t i = 0; i < a->n_wanted; i++) {
		a->pieces[i] = a->wanted[i];
		a->pieces[i].offset = offset;
		remote[i] = (struct iovec){ (void *)(uintptr_t)a->wanted[i].at, a->wanted[i].n };
		offset += a->wanted[i].n;
	}
	local = (struct iovec){ a->bytes, offset };
	got = a->n_wanted ? process_vm_readv(pid, &local, 1, remote, a->n_wanted, 0) : 0;
	for (a->n = 0; a->n < a->n_wanted && got >= (ssize_t)(a->pieces[a->n].offset + a->pieces[a->n].n); a->n++)
		;
	a->next = a->n_wanted = a->n_bytes = 0;
}

/* They are asked for in the order of the last time, but for those that are new. */
static const struct image_piece *piece_of(struct image_again *a, uint64_t at, size_t n)
{
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t which = (a->next + i) % a->n;

		if (a->pieces[which].at == at && a->pieces[which].n == n) {
			a->next = which + 1;
			return &a->pieces[which];
		}
	}
	return NULL;
}

bool image_again_read(struct image_again *a, pid_t pid, uint64_t at, void *to, size_t n)
{
	const struct image_piece *is = piece_of(a, at, n);

	if (is)
		memcpy(to, a->bytes + is->offset, n);
	else if (!image_read(pid, at, to, n))
		return false;
	if (a->n_wanted < IMAGE_PIECES && n <= IMAGE_ROOM - a->n_bytes) {
		a->wanted[a->n_wanted++] = (struct image_piece){ .at = at, .n = (uint32_t)n };
		a->n_bytes += (uint32_t)n;
	}
	return true;
}

void image_again_free(struct image_again *a)
{
	free(a->bytes);
	*a = (struct image_again){ 0 };
}

/* --- finding its tables -------------------------------------------------------------------------------- */

static bool is_ours(const Elf64_Ehdr *h)
{
	return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN) && h->e_phentsize == sizeof(Elf64_Phdr) &&
	       h->e_phnum <= HEADERS_MOST;
}

/* Where its dynamic section lies; 0: it has none. */
static uint64_t find_dynamic(struct image *m, uint64_t base, size_t *n)
{
	Elf64_Phdr part[HEADERS_MOST];
	Elf64_Ehdr head;
	uint64_t dynamic = 0;

	if (!image_read(m->pid, base, &head, sizeof head) || !is_ours(&head) ||
	    !image_read(m->pid, base + head.e_phoff, part, head.e_phnum * sizeof *part))
		return 0;
	m->bias = base;
	for (size_t i = 0; i < head.e_phnum; i++) {
		if (part[i].p_type == PT_LOAD && part[i].p_offset == 0)
			m->bias = base - part[i].p_vaddr;
		if (part[i].p_type == PT_DYNAMIC) {
			dynamic = part[i].p_vaddr;
			*n = part[i].p_memsz / sizeof(Elf64_Dyn);
		}
	}
	return dynamic ? m->bias + dynamic : 0;
}

/* The C library may have added the bias to what stands there, as glibc does, or not, as musl. */
static void take_table(struct image *m, const Elf64_Dyn *d)
{
	uint64_t at = d->d_un.d_ptr < m->bias ? m->bias + d->d_un.d_ptr : d->d_un.d_ptr;

	if (d->d_tag == DT_GNU_HASH)
		m->hash = at;
	else if (d->d_tag == DT_SYMTAB)
		m->symbols = at;
	else if (d->d_tag == DT_STRTAB)
		m->strings = at;
}

bool image_open(struct image *m, pid_t pid, uint64_t base)
{
	Elf64_Dyn entry[DYNAMIC_MOST];
	uint32_t head[4]; /* buckets, the first symbol, words of the filter, its shift */
	uint64_t dynamic;
	size_t n = 0;

	*m = (struct image){ .pid = pid };
	dynamic = find_dynamic(m, base, &n);
	if (!dynamic || !image_read(pid, dynamic, entry, (n < DYNAMIC_MOST ? n : DYNAMIC_MOST) * sizeof *entry))
		return false;
	for (size_t i = 0; i < n && i < DYNAMIC_MOST && entry[i].d_tag != DT_NULL; i++)
		take_table(m, &entry[i]);
	if (!m->hash || !m->symbols || !m->strings || !image_read(pid, m->hash, head, sizeof head))
		return false;
	m->buckets = head[0];
	m->first = head[1];
	m->bucket_at = m->hash + sizeof head + (uint64_t)head[2] * sizeof(uint64_t);
	m->chain_at = m->bucket_at + (uint64_t)m->buckets * sizeof(uint32_t);
	return m->buckets > 0;
}

/* --- names --------------------------------------------------------------------------------------------- */

static uint32_t hash_of(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static uint64_t value_if(const struct image *m, uint32_t number, const char *name)
{
	size_t n = strlen(name) + 1;
	char is[NAME_MOST];
	Elf64_Sym symbol;

	if (n > sizeof is ||
	    !image_read(m->pid, m->symbols + (uint64_t)number * sizeof symbol, &symbol, sizeof symbol) ||
	    !image_read(m->pid, m->strings + symbol.st_name, is, n) || memcmp(is, name, n) != 0)
		return 0;
	return symbol.st_shndx != SHN_UNDEF ? m->bias + symbol.st_value : 0;
}

uint64_t image_symbol(const struct image *m, const char *name)
{
	uint32_t wanted = hash_of(name), number, hash;

	if (!image_read(m->pid, m->bucket_at + wanted % m->buckets * sizeof number, &number, sizeof number) ||
	    number < m->first)
		return 0;
	/* The last of a chain has the lowest bit set, which is no part of the hash. */
	for (uint32_t i = 0; i < CHAIN_MOST; i++, number++) {
		uint64_t is;

		if (!image_read(m->pid, m->chain_at + (uint64_t)(number - m->first) * sizeof hash, &hash, sizeof hash))
			return 0;
		is = (hash | 1) == (wanted | 1) ? value_if(m, number, name) : 0;
		if (is || hash & 1)
			return is;
	}
	return 0;
}
