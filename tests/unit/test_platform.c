#include "notes/index.h"
#include "rules/attack.h"

#include <criterion/criterion.h>

static void
is(uint32_t want, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(platform_of(lof_cstr(names[i])) & ~(want & PLATFORM_CLOUDS ? 0 : (uint32_t)PLATFORM_CLOUDS), want,
		    "\"%s\" is %u, not %u", names[i], platform_of(lof_cstr(names[i])), want);
}
#define IS(want, ...) \
	is(want, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

Test(platform, as_producers_write_them)
{
	IS(PLATFORM_WINDOWS, "windows", "Windows", "WIN", "Windows 10 Enterprise", "Windows10", "WindowsServer2019",
	    "Microsoft Windows Server 2022 Datacenter", "Win32NT", "windows-server", "  Windows  ", "windows_11");
	IS(PLATFORM_LINUX, "linux", "Ubuntu 22.04.3 LTS", "centos", "RHEL 9", "Red Hat Enterprise Linux", "Amazon Linux 2",
	    "debian", "GNU/Linux", "Alpine", "Debian12", "SUSE Linux Enterprise Server 15");
	IS(PLATFORM_MACOS, "macOS", "Mac", "darwin", "OS X", "osx", "Mac OS X 10.15", "MacOS 14.1", "macos_service");
	IS(PLATFORM_ESXI, "ESXi", "vmware", "VMware vSphere", "esxi 8.0", "vSphere");
	IS(PLATFORM_CONTAINERS, "Containers", "docker", "k8s", "Kubernetes", "container", "Amazon EKS",
	    "Azure Kubernetes Service");
	IS(PLATFORM_IAAS, "IaaS", "Cloud", "ibm cloud");
	IS(PLATFORM_IAAS | PLATFORM_AWS, "aws", "AWS", "Amazon", "Amazon Web Services");
	IS(PLATFORM_IAAS | PLATFORM_IDENTITY | PLATFORM_AZURE, "azure", "Azure", "azure_activity"); // sign-ins are Azure's too
	IS(PLATFORM_IAAS | PLATFORM_GCP, "GCP", "google cloud", "Google Cloud Platform");
	IS(PLATFORM_IDENTITY, "Identity Provider", "Entra ID", "Microsoft Entra ID", "azure ad", "Azure Active Directory",
	    "okta", "Active Directory");
	IS(PLATFORM_OFFICE, "Office Suite", "office 365", "Office365", "O365", "M365", "microsoft 365", "Google Workspace",
	    "google_workspace");
	IS(PLATFORM_SAAS, "SaaS", "github", "GitHub Enterprise", "slack", "Salesforce");
	IS(PLATFORM_NETWORK, "Network Devices", "Network", "cisco", "Cisco IOS", "IOS XE", "Palo Alto", "PAN-OS", "fortinet",
	    "FortiGate", "juniper");
	IS(PLATFORM_ANDROID, "Android", "android 14");
	IS(PLATFORM_IOS, "iOS", "iOS 17.2", "iPadOS", "ios17");
	IS(PLATFORM_ICS, "ICS", "SCADA", "Field Controller/RTU/PLC/IED");
}

Test(platform, seen_in_values)
{
	static const struct { const char *value; uint32_t bits; } t[] = {
		{ "C:\\Windows\\System32\\cmd.exe", PLATFORM_WINDOWS }, { "\"d:\\tools\\a.exe\" -x", PLATFORM_WINDOWS },
		{ "/usr/bin/python3 -m x", PLATFORM_LINUX | PLATFORM_MACOS }, { "/proc/self/exe", PLATFORM_LINUX },
		{ "/Applications/Slack.app/Contents", PLATFORM_MACOS }, { "iam.amazonaws.com", PLATFORM_IAAS | PLATFORM_AWS },
		{ "storage.googleapis.com", PLATFORM_IAAS | PLATFORM_GCP }, { "CORP\\svc", 0 }, { "/srv/x", 0 }, { "", 0 },
		{ "usr/bin", 0 }, { "amazonaws.com.example", 0 }, { ":\\", 0 },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		cr_expect_eq(platform_seen(lof_cstr(t[i].value)), t[i].bits, "%s", t[i].value);
}

// Every bit has a name, and the name leads back to it.
Test(platform, names)
{
	for (uint32_t bit = 1; bit <= PLATFORM_GITHUB; bit *= 2)
		cr_expect(platform_of(lof_cstr(platform_name(bit))) & bit, "%s", platform_name(bit));
}

Test(platform, what_is_none)
{
	char large[5000];

	IS(0, "", " ", "PRE", "None", "unknown", "windowsill", "window", "network traffic", "mac address", "cloud nine",
	    "my windows", "linuxx", "10", "1windows", "t1059", "amazon prime");
	cr_assert_eq(platform_of(LOF_STR(NULL, 0)), 0);
	memset(large, 'x', sizeof(large));
	cr_assert_eq(platform_of(LOF_STR(large, sizeof(large))), 0);
	memset(large, ' ', sizeof(large));
	cr_assert_eq(platform_of(LOF_STR(large, sizeof(large))), 0);
	memcpy(large, "windows ", 8);
	memset(large + 8, 'x', sizeof(large) - 8);
	cr_assert_eq(platform_of(LOF_STR(large, sizeof(large))), PLATFORM_WINDOWS);
}

// Every platform of the ATT&CK table but "PRE", which is no platform.
Test(platform, all_of_attack)
{
	size_t n, known = 0;
	const struct attack_entry *all;

	cr_assert_eq(attack_load(NULL), LOF_OK);
	all = attack_all(&n);
	for (size_t i = 0; i < n; i++)
		for (struct lof_str rest = all[i].platforms, one; lof_str_cut(&rest, ',', &one);) {
			cr_assert(platform_of(one) || lof_str_eq(one, LOF_LIT("PRE")), "%.*s", (int)one.n, one.p);
			known++;
		}
	cr_assert_gt(known, 1000);
}
