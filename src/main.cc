#include "cli/cli.hh"

int main(int argc, char** argv) { return gauntlet::main(argc, argv); }
