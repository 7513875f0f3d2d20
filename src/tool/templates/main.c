/* main.c - the program is its own manager: ./@NAME@ --help */
#include "app.h"

int main(int argc, char **argv) { return cn_main(app_new(), argc, argv); }
