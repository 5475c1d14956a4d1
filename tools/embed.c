/* SPDX-License-Identifier: MIT
 * embed FILE.lab…: prints C that holds the scenarios' texts (script/scenario.h), in the order given. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_text(FILE *f)
{
	int c, at_start = 1;

	while ((c = getc(f)) != EOF) {
		if (at_start)
			fputs("\n\t\t\"", stdout);
		at_start = c == '\n';
		if (c == '\n')
			fputs("\\n\"", stdout);
		else if (c == '"' || c == '\\')
			printf("\\%c", c);
		else
			putchar(c);
	}
	if (!at_start)
		fputs("\"", stdout);
}

static void embed(const char *path)
{
	FILE *f = fopen(path, "r");
	char *copy = strdup(path), *name = basename(copy);

	if (!f) {
		perror(path);
		exit(1);
	}
	name[strcspn(name, ".")] = 0;
	printf("\t{ \"%s\",", name);
	print_text(f);
	puts(" },");
	fclose(f);
	free(copy);
}

int main(int argc, char **argv)
{
	puts("/* Made by tools/embed from scenarios/; not to be edited. */\n#include \"script/scenario.h\"\n\n"
	     "const struct scenario scenarios[] = {");
	for (int i = 1; i < argc; i++)
		embed(argv[i]);
	printf("};\nconst size_t scenarios_n = %d;\n", argc - 1);
	return 0;
}
