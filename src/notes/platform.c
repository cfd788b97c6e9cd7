#include "notes/index.h"

#include <stdlib.h>

enum { PLATFORM_NAME_MAX = 64 };

// In byte order. Names that also begin something else ("network traffic", "mac address") count only as a whole.
static const struct platform {
	const char *name;
	uint32_t bits;
	bool whole_only;
} platforms[] = {
	{ "active directory", PLATFORM_IDENTITY, false },
	{ "ad fs", PLATFORM_IDENTITY, false },
	{ "adfs", PLATFORM_IDENTITY, false },
	{ "aks", PLATFORM_CONTAINERS, false },
	{ "alibaba cloud", PLATFORM_IAAS, false },
	{ "alma linux", PLATFORM_LINUX, false },
	{ "almalinux", PLATFORM_LINUX, false },
	{ "alpine", PLATFORM_LINUX, false },
	{ "amazon", PLATFORM_IAAS | PLATFORM_AWS, true },
	{ "amazon ec2", PLATFORM_IAAS | PLATFORM_AWS, false },
	{ "amazon eks", PLATFORM_CONTAINERS, false },
	{ "amazon linux", PLATFORM_LINUX, false },
	{ "amazon web services", PLATFORM_IAAS | PLATFORM_AWS, false },
	{ "amzn", PLATFORM_LINUX, false },
	{ "android", PLATFORM_ANDROID, false },
	{ "apple ios", PLATFORM_IOS, false },
	{ "apple macos", PLATFORM_MACOS, false },
	{ "arch", PLATFORM_LINUX, true },
	{ "arch linux", PLATFORM_LINUX, false },
	{ "arista", PLATFORM_NETWORK, false },
	{ "aruba", PLATFORM_NETWORK, false },
	{ "atlassian", PLATFORM_SAAS, false },
	{ "auditd", PLATFORM_LINUX, true },
	{ "auth0", PLATFORM_IDENTITY, false },
	{ "aws", PLATFORM_IAAS | PLATFORM_AWS, false },
	{ "aws eks", PLATFORM_CONTAINERS, false },
	{ "aws iam identity center", PLATFORM_IDENTITY, false },
	{ "azure", PLATFORM_IAAS | PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "azure active directory", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "azure ad", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "azure aks", PLATFORM_CONTAINERS, false },
	{ "azure devops", PLATFORM_SAAS, false },
	{ "azure kubernetes service", PLATFORM_CONTAINERS, false },
	{ "azuread", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "bitbucket", PLATFORM_SAAS, false },
	{ "bottlerocket", PLATFORM_LINUX, false },
	{ "box", PLATFORM_SAAS, true },
	{ "cent os", PLATFORM_LINUX, false },
	{ "centos", PLATFORM_LINUX, false },
	{ "chainsaw", PLATFORM_WINDOWS, false },
	{ "check point", PLATFORM_NETWORK, false },
	{ "checkpoint", PLATFORM_NETWORK, false },
	{ "chrome os", PLATFORM_LINUX, false },
	{ "chromeos", PLATFORM_LINUX, false },
	{ "cisco", PLATFORM_NETWORK, false },
	{ "citrix adc", PLATFORM_NETWORK, false },
	{ "citrix netscaler", PLATFORM_NETWORK, false },
	{ "cloud", PLATFORM_IAAS, true },
	{ "confluence", PLATFORM_SAAS, false },
	{ "container", PLATFORM_CONTAINERS, false },
	{ "containerd", PLATFORM_CONTAINERS, false },
	{ "containers", PLATFORM_CONTAINERS, false },
	{ "cyberark", PLATFORM_IDENTITY, false },
	{ "darwin", PLATFORM_MACOS, false },
	{ "debian", PLATFORM_LINUX, false },
	{ "digitalocean", PLATFORM_IAAS, false },
	{ "docker", PLATFORM_CONTAINERS, false },
	{ "dropbox", PLATFORM_SAAS, false },
	{ "duo", PLATFORM_IDENTITY, false },
	{ "ec2", PLATFORM_IAAS | PLATFORM_AWS, false },
	{ "eks", PLATFORM_CONTAINERS, false },
	{ "entra", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "entra id", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "entraid", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "esx", PLATFORM_ESXI, false },
	{ "esxi", PLATFORM_ESXI, false },
	{ "exchange online", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "f5", PLATFORM_NETWORK, false },
	{ "falco", PLATFORM_LINUX | PLATFORM_CONTAINERS, false },
	{ "fedora", PLATFORM_LINUX, false },
	{ "field controller rtu plc ied", PLATFORM_ICS, false },
	{ "fortigate", PLATFORM_NETWORK, false },
	{ "fortinet", PLATFORM_NETWORK, false },
	{ "fortios", PLATFORM_NETWORK, false },
	{ "g suite", PLATFORM_OFFICE | PLATFORM_GCP, false },
	{ "gcp", PLATFORM_IAAS | PLATFORM_GCP, false },
	{ "gentoo", PLATFORM_LINUX, false },
	{ "github", PLATFORM_SAAS | PLATFORM_GITHUB, false },
	{ "gitlab", PLATFORM_SAAS, false },
	{ "gke", PLATFORM_CONTAINERS, false },
	{ "gnu linux", PLATFORM_LINUX, false },
	{ "google cloud", PLATFORM_IAAS | PLATFORM_GCP, false },
	{ "google gke", PLATFORM_CONTAINERS, false },
	{ "google kubernetes engine", PLATFORM_CONTAINERS, false },
	{ "google scc", PLATFORM_IAAS | PLATFORM_GCP, false },
	{ "google workspace", PLATFORM_OFFICE | PLATFORM_GCP, false },
	{ "gsuite", PLATFORM_OFFICE | PLATFORM_GCP, false },
	{ "guardduty", PLATFORM_IAAS | PLATFORM_AWS, false },
	{ "hayabusa", PLATFORM_WINDOWS, false },
	{ "huawei cloud", PLATFORM_IAAS, false },
	{ "human machine interface", PLATFORM_ICS, false },
	{ "iaas", PLATFORM_IAAS, false },
	{ "ibm cloud", PLATFORM_IAAS, false },
	{ "ics", PLATFORM_ICS, false },
	{ "identity provider", PLATFORM_IDENTITY, false },
	{ "identity providers", PLATFORM_IDENTITY, false },
	{ "idp", PLATFORM_IDENTITY, false },
	{ "industrial control system", PLATFORM_ICS, false },
	{ "industrial control systems", PLATFORM_ICS, false },
	{ "ios", PLATFORM_IOS, false },
	{ "ios xe", PLATFORM_NETWORK, false },
	{ "ios xr", PLATFORM_NETWORK, false },
	{ "ipados", PLATFORM_IOS, false },
	{ "iphone", PLATFORM_IOS, false },
	{ "iphone os", PLATFORM_IOS, false },
	{ "jamf protect", PLATFORM_MACOS, false },
	{ "jira", PLATFORM_SAAS, false },
	{ "jumpcloud", PLATFORM_IDENTITY, false },
	{ "juniper", PLATFORM_NETWORK, false },
	{ "junos", PLATFORM_NETWORK, false },
	{ "k8s", PLATFORM_CONTAINERS, false },
	{ "kali", PLATFORM_LINUX, false },
	{ "keycloak", PLATFORM_IDENTITY, false },
	{ "kubernetes", PLATFORM_CONTAINERS, false },
	{ "linux", PLATFORM_LINUX, false },
	{ "linux mint", PLATFORM_LINUX, false },
	{ "m365", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "m365 advanced hunting", 0, false },
	{ "mac", PLATFORM_MACOS, true },
	{ "mac os", PLATFORM_MACOS, false },
	{ "mac osx", PLATFORM_MACOS, false },
	{ "macintosh", PLATFORM_MACOS, false },
	{ "macos", PLATFORM_MACOS, false },
	{ "macosx", PLATFORM_MACOS, false },
	{ "meraki", PLATFORM_NETWORK, false },
	{ "microsoft 365", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "microsoft azure", PLATFORM_IAAS | PLATFORM_AZURE, false },
	{ "microsoft azure ad", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "microsoft entra", PLATFORM_IDENTITY | PLATFORM_AZURE, false },
	{ "microsoft office 365", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "microsoft windows", PLATFORM_WINDOWS, false },
	{ "mikrotik", PLATFORM_NETWORK, false },
	{ "netscaler", PLATFORM_NETWORK, false },
	{ "network", PLATFORM_NETWORK, true },
	{ "network device", PLATFORM_NETWORK, false },
	{ "network devices", PLATFORM_NETWORK, false },
	{ "o365", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "oci", PLATFORM_IAAS, true },
	{ "office 365", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "office suite", PLATFORM_OFFICE, false },
	{ "office365", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "okta", PLATFORM_IDENTITY | PLATFORM_OKTA, false },
	{ "onedrive", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "onelogin", PLATFORM_IDENTITY, false },
	{ "opencanary", PLATFORM_NETWORK, false },
	{ "openshift", PLATFORM_CONTAINERS, false },
	{ "opensuse", PLATFORM_LINUX, false },
	{ "oracle cloud", PLATFORM_IAAS, false },
	{ "oracle linux", PLATFORM_LINUX, false },
	{ "os x", PLATFORM_MACOS, false },
	{ "osx", PLATFORM_MACOS, false },
	{ "ot", PLATFORM_ICS, true },
	{ "palo alto", PLATFORM_NETWORK, false },
	{ "paloalto", PLATFORM_NETWORK, false },
	{ "pan os", PLATFORM_NETWORK, false },
	{ "panos", PLATFORM_NETWORK, false },
	{ "pfsense", PLATFORM_NETWORK, false },
	{ "photon os", PLATFORM_LINUX, false },
	{ "ping identity", PLATFORM_IDENTITY, false },
	{ "plc", PLATFORM_ICS, false },
	{ "podman", PLATFORM_CONTAINERS, false },
	{ "raspbian", PLATFORM_LINUX, false },
	{ "red hat", PLATFORM_LINUX, false },
	{ "redhat", PLATFORM_LINUX, false },
	{ "rhel", PLATFORM_LINUX, false },
	{ "rocky", PLATFORM_LINUX, true },
	{ "rocky linux", PLATFORM_LINUX, false },
	{ "saas", PLATFORM_SAAS, false },
	{ "safety instrumented system protection relay", PLATFORM_ICS, false },
	{ "salesforce", PLATFORM_SAAS, false },
	{ "scada", PLATFORM_ICS, false },
	{ "security hub", PLATFORM_IAAS | PLATFORM_AWS, false },
	{ "servicenow", PLATFORM_SAAS, false },
	{ "sharepoint online", PLATFORM_OFFICE | PLATFORM_AZURE, false },
	{ "slack", PLATFORM_SAAS, false },
	{ "sles", PLATFORM_LINUX, false },
	{ "snowflake", PLATFORM_SAAS, false },
	{ "sonicwall", PLATFORM_NETWORK, false },
	{ "sshd", PLATFORM_LINUX, true },
	{ "sudo", PLATFORM_LINUX, true },
	{ "suse", PLATFORM_LINUX, false },
	{ "syscall", PLATFORM_LINUX | PLATFORM_CONTAINERS, true },
	{ "sysdig", PLATFORM_LINUX | PLATFORM_CONTAINERS, false },
	{ "sysmon", PLATFORM_WINDOWS, true },
	{ "tracee", PLATFORM_LINUX | PLATFORM_CONTAINERS, false },
	{ "ubuntu", PLATFORM_LINUX, false },
	{ "vcenter", PLATFORM_ESXI, false },
	{ "vmkernel", PLATFORM_ESXI, false },
	{ "vmware", PLATFORM_ESXI, false },
	{ "vsphere", PLATFORM_ESXI, false },
	{ "win", PLATFORM_WINDOWS, false },
	{ "windows", PLATFORM_WINDOWS, false },
	{ "windowsserver", PLATFORM_WINDOWS, false },
	{ "winnt", PLATFORM_WINDOWS, false },
	{ "workday", PLATFORM_SAAS, false },
	{ "zendesk", PLATFORM_SAAS, false },
	{ "zircolite", PLATFORM_WINDOWS, false },
	{ "zoom", PLATFORM_SAAS, false },
};

static int
order(const void *key, const void *element)
{
	return lof_str_cmp(*(const struct lof_str *)key, lof_cstr(((const struct platform *)element)->name));
}

static const struct platform *
find(struct lof_str name)
{
	return bsearch(&name, platforms, sizeof(platforms) / sizeof(platforms[0]), sizeof(platforms[0]), order);
}

// Lower case, runs of what is neither letter nor digit one blank. A long name is cut: only its beginning counts.
static size_t
normal(struct lof_str s, char out[PLATFORM_NAME_MAX])
{
	size_t n = 0;
	bool blank = false;

	for (size_t i = 0; i < s.n && n + 2 <= PLATFORM_NAME_MAX; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!lof_is_alnum(c) && c < 0x80) {
			blank = n > 0;
			continue;
		}
		if (blank)
			out[n++] = ' ';
		blank = false;
		out[n++] = (char)lof_lower(c);
	}
	return n;
}

const char *
platform_name(uint32_t bit)
{
	static const char *const names[] = { "Windows", "Linux", "macOS", "ESXi", "Containers", "IaaS", "Identity Provider",
		"Office Suite", "SaaS", "Network Devices", "Android", "iOS", "ICS", "AWS", "Azure", "GCP", "Okta", "GitHub" };

	return names[__builtin_ctz(bit)];
}

uint32_t
platform_of(struct lof_str name)
{
	char form[PLATFORM_NAME_MAX];
	struct lof_str s = { form, normal(name, form) };
	const struct platform *at = find(s);

	if (at)
		return at->bits;
	// "windows 10 enterprise": the longest beginning of whole words that is a name.
	for (size_t n = s.n; n-- > 0;) {
		at = form[n] == ' ' ? find(LOF_STR(form, n)) : NULL;
		if (at && !at->whole_only)
			return at->bits;
	}
	// "Windows10", "WindowsServer2019", "Win32NT": the letters before the first digit.
	for (size_t n = 0; n < s.n && form[n] != ' '; n++) {
		at = lof_is_digit((unsigned char)form[n]) ? find(LOF_STR(form, n)) : NULL;
		if (at)
			return at->whole_only ? 0 : at->bits;
	}
	return 0;
}

uint32_t
platform_seen(struct lof_str value)
{
	static const struct {
		const char *folder;
		uint32_t bits;
	} unix_folder[] = {
		{ "/Applications/", PLATFORM_MACOS }, { "/Library/", PLATFORM_MACOS }, { "/System/", PLATFORM_MACOS },
		{ "/Users/", PLATFORM_MACOS }, { "/bin/", PLATFORM_LINUX | PLATFORM_MACOS }, { "/etc/", PLATFORM_LINUX | PLATFORM_MACOS },
		{ "/home/", PLATFORM_LINUX }, { "/opt/", PLATFORM_LINUX | PLATFORM_MACOS }, { "/proc/", PLATFORM_LINUX },
		{ "/sbin/", PLATFORM_LINUX | PLATFORM_MACOS }, { "/usr/", PLATFORM_LINUX | PLATFORM_MACOS },
		{ "/var/", PLATFORM_LINUX | PLATFORM_MACOS },
	};
	static const struct lof_str aws = { ".amazonaws.com", 14 }, gcp = { ".googleapis.com", 15 };
	const char *slash = value.n ? memchr(value.p, '\\', value.n) : NULL;

	if (slash && slash - value.p >= 2 && slash[-1] == ':')
		return PLATFORM_WINDOWS;
	for (size_t i = 0; value.n && value.p[0] == '/' && i < sizeof(unix_folder) / sizeof(unix_folder[0]); i++)
		if (lof_str_starts(value, unix_folder[i].folder))
			return unix_folder[i].bits;
	if (value.n > aws.n && lof_str_starts(LOF_STR(value.p + value.n - aws.n, aws.n), aws.p))
		return PLATFORM_IAAS | PLATFORM_AWS;
	if (value.n > gcp.n && lof_str_starts(LOF_STR(value.p + value.n - gcp.n, gcp.n), gcp.p))
		return PLATFORM_IAAS | PLATFORM_GCP;
	return 0;
}

const struct platform_mark platform_marks[] = {
	{ "aks", PLATFORM_CONTAINERS | PLATFORM_AZURE }, { "amazon", PLATFORM_AWS }, // every other host of the web is there
	{ "android", PLATFORM_ANDROID }, { "aws", PLATFORM_IAAS | PLATFORM_AWS }, 
	{ "azure", PLATFORM_IAAS | PLATFORM_IDENTITY | PLATFORM_OFFICE | PLATFORM_SAAS | PLATFORM_AZURE }, // all of it is sold so
	{ "bigquery", PLATFORM_IAAS | PLATFORM_GCP }, { "cisco", PLATFORM_NETWORK },
	{ "cloudtrail", PLATFORM_IAAS | PLATFORM_AWS }, { "docker", PLATFORM_CONTAINERS }, { "ec2", PLATFORM_IAAS | PLATFORM_AWS },
	{ "eks", PLATFORM_CONTAINERS | PLATFORM_AWS }, { "entra", PLATFORM_IDENTITY | PLATFORM_AZURE },
	{ "esxi", PLATFORM_ESXI }, { "exchange", PLATFORM_OFFICE | PLATFORM_AZURE }, { "fortigate", PLATFORM_NETWORK },
	{ "gcp", PLATFORM_IAAS | PLATFORM_GCP }, { "github", PLATFORM_SAAS | PLATFORM_GITHUB },
	{ "gke", PLATFORM_CONTAINERS | PLATFORM_GCP }, { "gmail", PLATFORM_OFFICE | PLATFORM_GCP },
	{ "googleapis", PLATFORM_IAAS | PLATFORM_GCP }, { "guardduty", PLATFORM_IAAS | PLATFORM_AWS },
	{ "k8s", PLATFORM_CONTAINERS }, { "kubectl", PLATFORM_CONTAINERS }, { "kubernetes", PLATFORM_CONTAINERS },
	{ "linux", PLATFORM_LINUX }, { "macos", PLATFORM_MACOS },
	{ "okta", PLATFORM_IDENTITY | PLATFORM_OKTA }, { "s3", PLATFORM_IAAS | PLATFORM_AWS },
	{ "sharepoint", PLATFORM_OFFICE | PLATFORM_AZURE }, { "windows", PLATFORM_WINDOWS },
	{ "workspace", PLATFORM_OFFICE | PLATFORM_GCP },
};
const size_t n_platform_marks = sizeof(platform_marks) / sizeof(platform_marks[0]);
