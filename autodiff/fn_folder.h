/* fn_folder.h: the folder with what dl_fn_compile has had compiled. */
#ifndef DLTAPE_FN_FOLDER_H
#define DLTAPE_FN_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

enum { DL__PATH = 1024 };

typedef struct dl_path {
    char text[DL__PATH];
} dl_path;

typedef struct dl_folder {
    int open;      /* its descriptor; negative: none */
    char key[40];  /* of the function: its file is KEY.so */
    char stem[64]; /* of this run's temporary files */
    char why[200]; /* the last one of these that returned false did */
    char path[DL__PATH - 128];
} dl_folder;

bool dl__folder_open(dl_folder *d);
bool dl__folder_has(const dl_folder *d); /* KEY.so: whole, and ours alone */

/* Begins with STEM.c, in which the source lies; keeps STEM.tmp as KEY.so; ends without any STEM. */
bool dl__folder_begin(dl_folder *d, const char *source, size_t bytes);
bool dl__folder_keep(dl_folder *d);
void dl__folder_end(const dl_folder *d);

dl_path dl__folder_file(const dl_folder *d, const char *name, const char *end);

#endif
