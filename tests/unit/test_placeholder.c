// What says nothing, and what looks like it but says something.
#include "notes/note.h"

#include <criterion/criterion.h>

static void
expect(bool placeholder, const char *const *texts)
{
	for (; *texts; texts++)
		cr_expect_eq(note_is_placeholder(lof_cstr(*texts)), placeholder, "%s", *texts);
}

Test(placeholder, empty_phrases)
{
	static const char *const texts[] = {
		"unknown", "Unknown.", "UNKNOWN", "unlikely", "Unlikely", "likely", "high", "low", "none", "None.", "n/a", "N/A",
		"-", "?", "", "TBD", "none known", "Unknown at this time.", "very unlikely", "Highly unlikely", "rare",
		"No false positives have been identified at this time.", "False positives are not known",
		"no known false positives", "none identified", "False positives have not been identified at this time.",
		"Unknown, false positives may be high", "There are no known false positives for this detection.",
		"False positives are expected to be low.", "moderate", "Not known at this moment", NULL,
	};

	expect(true, texts);
}

Test(placeholder, notes)
{
	static const char *const texts[] = {
		"admin activity", "administrators", "winrm", "ccm", "appvclient", "legitimate script", "other scripts",
		"false positive are expected with legitimate sources", "microsoft sccm", "legitimate use",
		"exploits that were attempted but unsuccessful.", "wsl (windows sub system for linux)",
		"likely. many admin scripts and tools leverage powershell in their bat or vb scripts",
		"unlikely, since this event notifies about blocked application execution",
		"moderate-to-low; despite the shorter length/lower entropy for some of these",
		"depending on the scripts, this rule might require some initial tuning to fit the environment",
		"\xe6\x9c\xaa\xe7\x9f\xa5", "unknown \xc3\xa4pp", "other programs that cause these patterns (please report)", NULL,
	};

	expect(false, texts);
}
