/* main.c - the store is its own manager: ./store --help */
#include "store.h"

int main(int argc, char **argv) { return cn_main(store_new(), argc, argv); }
