#include "cli/cli.h"
int cmd_explain(const struct options *o) { (void)o; return 0; }
