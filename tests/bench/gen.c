/*
 * gen: write a workload for the bench.
 *
 *	gen SIZE COUNT [cold]	SIZE is 300, 2400 or 20000; cold: no two alerts alike
 *
 * COUNT alerts of SIZE bytes on average go to stdout, one a line, from seven producers in turn by lot, in the shapes
 * their producers give them; nine in ten carry a technique. The same arguments always give the same bytes.
 *
 * The shapes are templates. In them and in the word lists, so that C can be read:
 *	'  is a quotation mark			|  is a backslash in a JSON string (two bytes)
 *	^  is an escaped quotation mark		~  is an escaped newline
 *	$x is something drawn by lot: see emit_code()
 * $[ to $] is left out of an alert without technique, $( to $) of a technique without sub-technique, and $* is where
 * the producer's filler is repeated until the alert is long enough.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_SIZE ((size_t)1 << 20)
#define EVENT_MAX ((size_t)1 << 16)
#define MAX_OPS 256
#define MAX_POOL 32
#define RULES 60 /* of each producer */

/* One step of a template: copy text, then do what code says ('\0': nothing). */
struct op {
	const char *text;
	unsigned len;
	char code;
};

struct shape {
	struct op ops[MAX_OPS];
};

struct technique {
	const char *id, *name, *parent, *parent_name, *tactic, *tactic_name;
};

struct producer {
	const char *brief, *brief_filler, *full, *full_filler;
};

/* T1059 and T1021 most often, as in the alerts of the day; some ids are ones ATT&CK has retired since. */
static const struct technique TECHNIQUES[] = {
#define SCRIPT "T1059", "Command and Scripting Interpreter", "TA0002", "Execution"
#define REMOTE "T1021", "Remote Services", "TA0008", "Lateral Movement"
	{ "T1059.001", "PowerShell", SCRIPT }, { "T1059.001", "PowerShell", SCRIPT },
	{ "T1059.001", "PowerShell", SCRIPT }, { "T1059.003", "Windows Command Shell", SCRIPT },
	{ "T1059.003", "Windows Command Shell", SCRIPT }, { "T1059.004", "Unix Shell", SCRIPT },
	{ "T1059.005", "Visual Basic", SCRIPT }, { "T1059.006", "Python", SCRIPT },
	{ "T1059.007", "JavaScript", SCRIPT }, { "T1059", "Command and Scripting Interpreter", SCRIPT },
	{ "T1021.001", "Remote Desktop Protocol", REMOTE }, { "T1021.002", "SMB/Windows Admin Shares", REMOTE },
	{ "T1021.002", "SMB/Windows Admin Shares", REMOTE }, { "T1021.004", "SSH", REMOTE },
	{ "T1021.003", "Distributed Component Object Model", REMOTE },
	{ "T1021.006", "Windows Remote Management", REMOTE },
	{ "T1021", "Remote Services", REMOTE }, { "T1086", "PowerShell", "T1086", "PowerShell", "TA0002", "Execution" },
	{ "T1047", "Windows Management Instrumentation", "T1047", "Windows Management Instrumentation", "TA0002",
	    "Execution" },
	{ "T1562.001", "Disable or Modify Tools", "T1562", "Impair Defenses", "TA0005", "Defense Evasion" },
};

static const struct producer PRODUCERS[] = {
	{ /* Wazuh 4 */
	"{'timestamp':'$T+0000','rule':{'level':$1,'description':'$D','id':'92$3',$['mitre':{'id':['$K'],"
	"'technique':['$M']},$]'firedtimes':$1},'manager':{'name':'wz-01'},'decoder':{'name':'json'},"
	"'full_log':'$*'}",
	" $w",
	"{'timestamp':'$T+0000','rule':{'level':$1,'description':'$D','id':'92$3',$['mitre':{'id':['$K'],"
	"'tactic':['$A'],'technique':['$M']},$]'firedtimes':$1,'mail':false,'groups':['sysmon',"
	"'sysmon_eid1_detections','windows'],'gdpr':['IV_35.7.d'],'pci_dss':['10.2.5','11.4']},'agent':{'id':'$3',"
	"'name':'$H','ip':'$I'},'manager':{'name':'wz-01'},'id':'17$4$4.$3$4',"
	"'decoder':{'name':'windows_eventchannel'},"
	"'data':{'win':{'system':{'providerName':'Microsoft-Windows-Sysmon',"
	"'providerGuid':'{5770385f-c22a-43e0-bf4c-06f5698ffbd9}','eventID':'1','version':'5','level':'4',"
	"'task':'1','opcode':'0','keywords':'0x8000000000000000','systemTime':'$TZ','eventRecordID':'$4',"
	"'processID':'$4','channel':'Microsoft-Windows-Sysmon/Operational','computer':'$H.corp.example.com',"
	"'severityValue':'INFORMATION'},'eventdata':{'utcTime':'$T','processGuid':'{$G}','processId':'$4',"
	"'image':'$P','description':'$W','commandLine':'$C','currentDirectory':'C:|Windows|system32|',"
	"'user':'CORP|$U','logonGuid':'{$G}','integrityLevel':'High','hashes':'SHA256=$S','parentProcessId':'$4',"
	"'parentImage':'$P','parentCommandLine':'$C'}}},'full_log':'$T $H sysmon: $*','location':'EventChannel'}",
	"$T $H sysmon: process $P with ^$C^ by CORP|$U from $I~" },
	{ /* Elastic Security, a detection alert as plain _source */
	"{'@timestamp':'$TZ','kibana.alert.rule.rule_id':'$G',"
	"$['kibana.alert.rule.threat':[{'technique':[{'id':'$B','subtechnique':[$({'id':'$K'}$)]}]}],"
	"$]'event.kind':'signal','kibana.alert.reason':'$D on $H by $U$*'}",
	" $w",
	"{'kibana.alert.rule.category':'Custom Query Rule','kibana.alert.rule.consumer':'siem',"
	"'kibana.alert.rule.name':'$D','kibana.alert.rule.producer':'siem','kibana.alert.rule.uuid':'$G',"
	"'kibana.space_ids':['default'],'kibana.alert.rule.tags':['Domain: Endpoint','OS: Windows',"
	"'Use Case: Threat Detection'],'@timestamp':'$TZ','agent':{'id':'$G','type':'endpoint','version':'8.19.4'},"
	"'ecs':{'version':'8.11.0'},'process':{'name':'powershell.exe','executable':'$P','command_line':'$C',"
	"'pid':$4,'entity_id':'$X','hash':{'sha256':'$S'},'parent':{'executable':'$P','command_line':'$C',"
	"'pid':$4}},'host':{'hostname':'$H','name':'$H','os':{'type':'windows','name':'Windows'},'ip':['$I','$I']},"
	"'user':{'name':'$U','domain':'CORP'},'event':{'action':'start','category':['process'],'code':'1',"
	"'id':'$X'},'event.kind':'signal','kibana.alert.ancestors':[{'id':'$X','type':'event',"
	"'index':'.ds-logs-endpoint.events.process-default','depth':0}$*],'kibana.alert.status':'active',"
	"'kibana.alert.workflow_status':'open',"
	"'kibana.alert.reason':'process event by $U on $H created medium alert $D.',"
	"'kibana.alert.severity':'medium','kibana.alert.risk_score':$2,'kibana.alert.rule.false_positives':['$W'],"
	"'kibana.alert.rule.note':'## Triage~~$W. See https://attack.mitre.org/techniques/T1140/.',"
	"'kibana.alert.rule.rule_id':'$G','kibana.alert.rule.threat':[$[{'framework':'MITRE ATT&CK',"
	"'tactic':{'id':'$Y','name':'$A','reference':'https://attack.mitre.org/tactics/$Y/'},"
	"'technique':[{'id':'$B','name':'$N','reference':'https://attack.mitre.org/techniques/$B/',"
	"'subtechnique':[$({'id':'$K','name':'$M'}$)]}]}$]],'kibana.alert.rule.type':'eql',"
	"'kibana.alert.rule.version':$2,'kibana.alert.uuid':'$S'}",
	",{'id':'$X','type':'event','index':'.ds-logs-endpoint.events.process-default','depth':$1}" },
	{ /* Suricata with metadata */
	"{'timestamp':'$T+0000','event_type':'alert','src_ip':'$I','dest_ip':'$I','alert':{'signature_id':$4,"
	"'signature':'$D$*'$[,'metadata':{'mitre_technique_id':['$B']}$]},'app_proto':'http'}",
	" $w",
	"{'timestamp':'$T+0000','flow_id':$4$4$4,'in_iface':'eth1','event_type':'alert','src_ip':'$I',"
	"'src_port':4$3,'dest_ip':'$I','dest_port':445,'proto':'TCP','community_id':'1:$X=',"
	"'alert':{'action':'allowed','gid':1,'signature_id':90$4,'rev':$1,'signature':'LOCAL $D',"
	"'category':'Misc activity','severity':$1,'metadata':{'attack_target':['Client_Endpoint'],"
	"'created_at':['2026_02_03'],'deployment':['Perimeter'],$['mitre_tactic_id':['$Y'],"
	"'mitre_technique_id':['$B'],'mitre_technique_name':['$N'],$]'signature_severity':['Major']}},"
	"'http':{'hostname':'$H.example.net','url':'/$X/$w?id=$4',"
	"'http_user_agent':'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36','http_method':'GET',"
	"'protocol':'HTTP/1.1','status':200,'length':$4},'app_proto':'http','direction':'to_client',"
	"'flow':{'pkts_toserver':$2,'pkts_toclient':$2,'bytes_toserver':$4,'bytes_toclient':$4,"
	"'start':'$T+0000'},'payload':'$Z$Z$Z$Z$Z$Z$Z$Z$*','stream':1}",
	"$Z" },
	{ /* Falco */
	"{'output':'$T: Notice $D','priority':'Notice','rule':'$D','time':'$TZ',"
	"'output_fields':{'proc.cmdline':'$w -c $w$*','user.name':'$U'},'tags':[$['$K',$]'host']}",
	" $w",
	"{'uuid':'$G',"
	"'output':'$T+0000: Notice $D (user=$U user_uid=0 process=bash parent=$w command=^$C^ container_id=$3 "
	"container_name=$H)','priority':'Notice','rule':'$D','time':'$TZ','output_fields':{'container.id':'$X',"
	"'container.name':'$H','k8s.ns.name':'$w','k8s.pod.name':'$w-$3','evt.time.iso8601':17$4$4$3$2,"
	"'evt.type':'execve','proc.cmdline':'$C','proc.cwd':'/srv/$w/','proc.exepath':'/bin/bash',"
	"'proc.name':'bash','proc.pid':$4,'proc.pname':'$w','proc.pcmdline':'$C','proc.aname[2]':'containerd-shim',"
	"'proc.aname[3]':'systemd','proc.aname[4]':null,'proc.tty':0,'proc.env':'PATH=/usr/bin $*',"
	"'user.loginuid':-1,'user.name':'$U','user.uid':0},'source':'syscall','tags':[$['$K',$]'container','host',"
	"'maturity_stable','mitre_execution','process','shell'],'hostname':'$H'}",
	"$w=/opt/$w/$w:$I " },
	{ /* Chainsaw on Sysmon events */
	"{'name':'$D','level':'high','source':'sigma',"
	"'kind':'individual','document':{'kind':'evtx','data':{'Event':{'EventData':{'Image':'$P'}}}},'id':'$G',"
	"'logsource':{},'tags':[$['attack.$L'$]],'authors':['$*']}",
	" $w",
	"{'group':'Sigma','kind':'aggregate','documents':[{'kind':'evtx','path':'evidence/$H/Sysmon.evtx',"
	"'data':{'Event':{'System':{'Provider_attributes':{'Name':'Microsoft-Windows-Sysmon','Guid':'$G'},"
	"'EventID':1,'Version':5,'Level':4,'EventRecordID':$4,'Channel':'Microsoft-Windows-Sysmon/Operational',"
	"'Computer':'$H','TimeCreated_attributes':{'SystemTime':'$TZ'}},'EventData':{'Image':'$P',"
	"'CommandLine':'$C','ParentImage':'$P','ParentCommandLine':'$C','User':'CORP|$U','ProcessGuid':'$G',"
	"'ProcessId':$4,'Hashes':'SHA256=$S','Description':'$W'}}}}$*],'name':'$D','timestamp':'$T+00:00',"
	"'authors':['Example Detection Team'],'level':'medium','source':'sigma','status':'test',"
	"'falsepositives':['$W'],'id':'$G','logsource':{'category':'process_creation','product':'windows'},"
	"'references':['https://docs.example.org/detections/$X'],'tags':[$['attack.execution','attack.$L'$]]}",
	",{'kind':'evtx','path':'evidence/$H/Sysmon.evtx','data':{'Event':{'System':{'EventID':1,"
	"'EventRecordID':$4,'Computer':'$H','TimeCreated_attributes':{'SystemTime':'$TZ'}},"
	"'EventData':{'Image':'$P','CommandLine':'$C','User':'CORP|$U','ProcessGuid':'$G','ProcessId':$4}}}}" },
	{ /* CrowdStrike alert API */
	"{'composite_id':'$X:ind:$3','name':'$D','pattern_id':$4,$['tactic_id':'$Y','technique_id':'$K',"
	"$]'cmdline':'$C$*','user_name':'$U','device':{'hostname':'$H'}}",
	" $w",
	"{'agent_id':'$X','aggregate_id':'aggind:$X:$4','cid':'$X','composite_id':'$X:ind:$X:$4-$3','cmdline':'$C',"
	"'confidence':$2,'created_timestamp':'$TZ','device':{'device_id':'$X','external_ip':'$I','hostname':'$H',"
	"'local_ip':'$I','os_version':'Windows 11','platform_name':'Windows','groups':['$X'],'ou':['$W']},"
	"'display_name':'$D','description':'$W.','filename':'powershell.exe',"
	"'filepath':'|Device|HarddiskVolume3|Windows|System32|cmd.exe','sha256':'$S',"
	"'files_accessed':[{'filename':'$w.dll','filepath':'|Device|HarddiskVolume3|$w','timestamp':'$4'}$*],"
	"$['mitre_attack':[{'pattern_id':$4,'tactic_id':'$Y','technique_id':'$K','tactic':'$A','technique':'$M'}],"
	"'tactic':'$A','tactic_id':'$Y','technique':'$M','technique_id':'$K',$]'name':'$D',"
	"'parent_details':{'cmdline':'$C','filename':'$w.exe','filepath':'$P'},"
	"'grandparent_details':{'cmdline':'$C','filename':'services.exe'},'pattern_id':$4,'process_id':'$4',"
	"'scenario':'suspicious_activity','severity':$2,'status':'new','timestamp':'$TZ','type':'ldt',"
	"'updated_timestamp':'$TZ','user_name':'$U'}",
	",{'filename':'$w.dll','filepath':'|Device|HarddiskVolume3|Windows|System32|$w','timestamp':'$4'}" },
	{ /* Microsoft Defender for Endpoint alert API */
	"{'id':'da$4_$3','detectionSource':'WindowsDefenderAtp','detectorId':'$G','title':'$D','machineId':'$X',"
	"'computerDnsName':'$H','mitreTechniques':[$['$K'$]],'evidence':[],'description':'$*'}",
	"$w ",
	"{'id':'da$4$4_-$4','incidentId':$3,'investigationId':null,'assignedTo':null,'severity':'Medium',"
	"'status':'New','classification':null,'determination':null,'detectionSource':'WindowsDefenderAtp',"
	"'detectorId':'$G','category':'Execution','threatFamilyName':null,'title':'$D','description':'$W. $W.',"
	"'alertCreationTime':'$TZ','firstEventTime':'$TZ','lastEventTime':'$TZ','resolvedTime':null,"
	"'machineId':'$X','computerDnsName':'$H.corp.example.com','rbacGroupName':'Servers','aadTenantId':'$G',"
	"'mitreTechniques':[$['$K'$(,'$B'$)$]],'relatedUser':{'userName':'$U','domainName':'CORP'},'comments':[],"
	"'evidence':[{'entityType':'User','sha1':null,'fileName':null,'filePath':null,'processCommandLine':null,"
	"'ipAddress':null,'url':null,'registryKey':null,'accountName':'$U','domainName':'CORP',"
	"'userPrincipalName':'$U@corp.example.com'}$*]}",
	",{'entityType':'Process','evidenceCreationTime':'$TZ','sha256':'$S','fileName':'powershell.exe',"
	"'filePath':'$P','processId':$4,'processCommandLine':'$C','processCreationTime':'$TZ','parentProcessId':$4,"
	"'parentProcessFileName':'$w.exe','ipAddress':null,'url':null,'registryKey':null,'accountName':null,"
	"'domainName':null}" },
};

#define N_PRODUCERS (sizeof(PRODUCERS) / sizeof(PRODUCERS[0]))
#define N_TECHNIQUES (sizeof(TECHNIQUES) / sizeof(TECHNIQUES[0]))

static const char *const HOSTS[] = { "WS-0$3", "WS-1$3", "SRV-APP0$1", "SRV-SQL0$1", "build-$2", "web-$2", "jump-0$1",
	"KASSE-Süd-$2", "db-réplica-$1", NULL };
static const char *const USERS[] = { "svc-backup", "svc-sccm", "svc-ansible", "SYSTEM", "adm-helpdesk", "deploy",
	"root", "a.person", "j.müller-test", "user$4", NULL };
static const char *const PATHS[] = { "C:|Windows|System32|WindowsPowerShell|v1.0|powershell.exe",
	"C:|Windows|System32|cmd.exe", "C:|Windows|CCM|CcmExec.exe", "C:|Program Files|Example RMM|agent-$2.exe",
	"C:|Windows|System32|wsmprovhost.exe", "C:|Windows|System32|svchost.exe",
	"C:|Users|Public|Prüfung|tool.exe", NULL };
static const char *const COMMANDS[] = { "powershell.exe -NoProfile -File C:|ProgramData|Agent|task-$4.ps1",
	"cmd.exe /c whoami /groups", "^C:|Windows|System32|cmd.exe^ /c C:|Jobs|nightly-$3.cmd",
	"powershell.exe -EncodedCommand $X", "wmic /node:$H process call create ^gpupdate /force^",
	"net use ||$H|C$$ /user:CORP|$U", "bash -c ^/opt/$w/run.sh --since $4^", "python3 /srv/$w/report.py --id $4",
	"wscript.exe C:|Users|Public|Größe-$2.vbs", "ssh -p 2222 $U@$H uptime", NULL };
static const char *const TITLES[] = { "Script run by agent", "Remote shell", "Encoded command line",
	"Logon with service account", "Shell in container", "Admin share write", "Unusual parent process", NULL };
static const char *const TEXTS[] = { "Seen with software distribution and patch management",
	"Administrators may run this from a jump host, check the change calendar",
	"Die Ausführung kann von der Softwareverteilung stammen (Prüfung nötig)",
	"Peut provenir d’un outil d’inventaire déployé par l’équipe système",
	"管理者による正規の操作の可能性があります",
	"Expected during the monthly maintenance window", NULL };
static const char *const WORDS[] = { "agent", "backup", "deploy", "inventory", "report", "nightly", "update", "service",
	"monitor", "export", "config", "session", "payments", "cache", "worker", "login", NULL };

static struct shape hosts[MAX_POOL], users[MAX_POOL], paths[MAX_POOL], commands[MAX_POOL], titles[MAX_POOL],
    texts[MAX_POOL], words[MAX_POOL], shapes[N_PRODUCERS], fillers[N_PRODUCERS];
static char noise[4096 + 64], hex[4096 + 64];
static uint64_t seed = 0x6c6f6670697065u;

/* --- dice ------------------------------------------------------------------------------------------------------ */

/* splitmix64 */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t
draw(void)
{
	return next(&seed);
}

static unsigned
below(unsigned n)
{
	return (unsigned)(((draw() >> 32) * n) >> 32);
}

/*
 * What belongs to the rule that fired and to what it fired on (technique, title, program, command line, text) is drawn from
 * dice of its own. In real alerts few rules fire over and over on the same things, so those dice start again from the
 * same number for the same rule; with `cold` no two alerts share any of it.
 */
static uint64_t rule_seed, rule_home;

static uint64_t
rule_draw(void)
{
	return next(&rule_seed);
}

static bool cold;

static void
choose_rule(size_t producer)
{
	unsigned rule = below(RULES) * below(RULES) / RULES; /* the first ones most often */

	rule_seed = cold ? draw() : (producer + 1) * 1000003u + rule;
	rule_home = rule * 5;
}

static void
fill_noise(void)
{
	static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < sizeof(noise); i++) {
		noise[i] = b64[below(64)];
		hex[i] = "0123456789abcdef"[below(16)];
	}
}

/* --- templates ------------------------------------------------------------------------------------------------- */

/* Write the stand-in characters of a template out in full. */
static char *
expand(const char *src)
{
	char *text = malloc(2 * strlen(src) + 1), *p = text;

	if (text == NULL)
		err(1, NULL);
	for (; *src != '\0'; src++) {
		if (*src == '|' || *src == '^' || *src == '~')
			*p++ = '\\';
		*p++ = *src == '|' ? '\\' : *src == '~' ? 'n' : *src == '^' || *src == '\'' ? '"' : *src;
	}
	*p = '\0';
	return text;
}

/* The text is kept for as long as the program runs: the steps point into it. */
static void
compile(struct shape *shape, const char *src)
{
	const char *text = expand(src), *dollar;
	struct op *op = shape->ops;

	while ((dollar = strchr(text, '$')) != NULL) {
		if (op == shape->ops + MAX_OPS - 1)
			errx(1, "a template has too many steps");
		*op++ = (struct op){ text, (unsigned)(dollar - text), dollar[1] };
		text = dollar + 2;
	}
	*op = (struct op){ text, (unsigned)strlen(text), '\0' };
}

static void
compile_pool(struct shape *pool, const char *const *src)
{
	static const struct op end = { NULL, 0, '\0' };
	size_t n = 0;

	while (src[n] != NULL)
		n++;
	/* Repeated to fill the pool, so that one is drawn with a mask. */
	for (size_t i = 0; i < MAX_POOL; i++) {
		pool[i].ops[0] = end;
		compile(&pool[i], src[i % n]);
	}
}

/* --- alerts ---------------------------------------------------------------------------------------------------- */

struct alert {
	char *p;
	const struct technique *technique; /* NULL: has none */
	const struct shape *filler;
	size_t filler_len; /* how much of it */
	unsigned host, user;
};

static void emit(struct alert *a, const struct shape *shape);

static void
put(struct alert *a, const char *s, size_t len)
{
	memcpy(a->p, s, len);
	a->p += len;
}

static void
put_digits(struct alert *a, int n)
{
	/* Short numbers in names (agent-47.exe) are the rule's too; longer ones (ids, ports) differ each time. */
	unsigned v = (unsigned)((n < 3 ? rule_draw() : draw()) >> 32) % 1000000000;

	*a->p++ = (char)('1' + v % 9);
	while (--n > 0) {
		v /= 9;
		*a->p++ = (char)('0' + v % 10);
	}
}

static void
put_hex(struct alert *a, size_t n)
{
	put(a, hex + (draw() & 4095), n);
}

static void
put_guid(struct alert *a)
{
	const char *h = hex + (draw() & 4095);

	put(a, h, 36);
	a->p[-28] = a->p[-23] = a->p[-18] = a->p[-13] = '-';
}

/* 2026-11-22T14:05:06.123 */
static void
put_time(struct alert *a)
{
	static const char two[] = "00010203040506070809101112131415161718192021222324252627282930"
	    "313233343536373839404142434445464748495051525354555657585960";

	put(a, "2026-11-", 8);
	put(a, two + 2 * (1 + below(30)), 2);
	*a->p++ = 'T';
	put(a, two + 2 * below(24), 2);
	*a->p++ = ':';
	put(a, two + 2 * below(60), 2);
	*a->p++ = ':';
	put(a, two + 2 * below(60), 2);
	*a->p++ = '.';
	put_digits(a, 3);
}

/* Networks reserved for documentation only. */
static void
put_ip(struct alert *a)
{
	static const char *const nets[] = { "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.0.2." };
	const char *net = nets[draw() & 3];

	put(a, net, strlen(net));
	put_digits(a, 2);
}

static void
put_filler(struct alert *a)
{
	char *from = a->p, *before = a->p;
	size_t last = 0;
	uint64_t rule = rule_seed; /* however long the filler is, what comes behind it stays the rule's */

	/* Stop where half a filler more would be too long: so the mean comes out right. */
	while ((size_t)(a->p - from) + last / 2 < a->filler_len) {
		before = a->p;
		emit(a, a->filler);
		last = (size_t)(a->p - before);
	}
	rule_seed = rule;
}

static void
put_technique(struct alert *a, char code)
{
	const struct technique *t = a->technique;
	const char *s = code == 'K' || code == 'L' ? t->id : code == 'M' ? t->name : code == 'B' ? t->parent :
	    code == 'N' ? t->parent_name : code == 'Y' ? t->tactic : t->tactic_name;
	char *at = a->p;

	put(a, s, strlen(s));
	if (code == 'L')
		*at = 't';
}

/* The alert's host or user: a rule fires on a few of them, always the same. */
static void
put_few(struct alert *a, const struct shape *pool)
{
	uint64_t one = rule_home + (pool == users ? 7 + a->user : a->host), before = seed;

	if (!cold)
		seed = one * 0x9e3779b97f4a7c15u; /* so that its digits are the same each time */
	emit(a, &pool[cold ? draw() % MAX_POOL : one % MAX_POOL]);
	if (!cold)
		seed = before;
}

/* The step after the one that closes what this one opened. */
static const struct op *
skip(const struct op *op, char close)
{
	while (op->code != close)
		op++;
	return op;
}

static void
emit_code(struct alert *a, char code)
{
	switch (code) {
	case 'T': put_time(a); break;
	case 'G': put_guid(a); break;
	case 'X': put_hex(a, 32); break;
	case 'S': put_hex(a, 64); break;
	case 'I': put_ip(a); break;
	case 'H': put_few(a, hosts); break;
	case 'U': put_few(a, users); break;
	case 'P': emit(a, &paths[rule_draw() % MAX_POOL]); break;
	case 'C': emit(a, &commands[rule_draw() % MAX_POOL]); break;
	case 'D': emit(a, &titles[rule_draw() % MAX_POOL]); break;
	case 'W': emit(a, &texts[rule_draw() % MAX_POOL]); break;
	case 'w': emit(a, &words[rule_draw() % MAX_POOL]); break;
	case 'Z': put(a, noise + (draw() & 4095), 64); break;
	case '$': *a->p++ = '$'; break;
	case '*': put_filler(a); break;
	case '1': case '2': case '3': put_digits(a, code - '0'); break;
	case '4': put_digits(a, 6); break;
	case 'K': case 'L': case 'M': case 'B': case 'N': case 'Y': case 'A': put_technique(a, code); break;
	default: break;
	}
}

/* Words may draw other words, and so emit() comes back to itself, two deep. */
static void
emit(struct alert *a, const struct shape *shape)
{
	for (const struct op *op = shape->ops;; op++) {
		put(a, op->text, op->len);
		if (op->code == '\0')
			break;
		if (op->code == '[' && a->technique == NULL)
			op = skip(op, ']');
		else if (op->code == '(' && a->technique->id[5] == '\0')
			op = skip(op, ')');
		else
			emit_code(a, op->code);
	}
}

/* One alert and its newline at p; returns its end. */
static char *
alert(char *p, size_t producer, size_t filler)
{
	struct alert a = { p, NULL, &fillers[producer], filler, 0, 0 };

	a.host = below(3);
	a.user = below(3);
	if (rule_draw() % 10 > 0)
		a.technique = &TECHNIQUES[rule_draw() % N_TECHNIQUES];
	emit(&a, &shapes[producer]);
	*a.p++ = '\n';
	return a.p;
}

/* --- the workload ---------------------------------------------------------------------------------------------- */

static void
write_all(const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(1, p, len);
		if (n < 0)
			err(1, "stdout");
		p += n;
		len -= (size_t)n;
	}
}

/*
 * Sizes vary from half to one and a half of SIZE from rule to rule; the alerts of one rule are alike. When alerts came out
 * too long or short for a while, the next ones make up for it, so that the mean is SIZE whatever the shapes are like.
 */
static void
generate(size_t size, unsigned long count, const size_t *natural)
{
	char *out = malloc(OUT_SIZE + EVENT_MAX), *p = out;
	long long debt = 0, slack = 64 * (long long)size;

	if (out == NULL)
		err(1, NULL);
	for (; count > 0; count--) {
		size_t producer = below(N_PRODUCERS);
		choose_rule(producer);
		long long filler = (long long)(size / 2 + rule_draw() % size) - (long long)natural[producer];
		if (debt > slack || debt < -slack)
			filler += debt > 0 ? (long long)size / 2 : -(long long)size / 2;
		char *end = alert(p, producer, filler > 0 ? (size_t)filler / 64 * 64 + 32 : 0);

		debt += (long long)size - (end - p);
		p = end;
		if (p - out > (long)OUT_SIZE) {
			write_all(out, (size_t)(p - out));
			p = out;
		}
	}
	write_all(out, (size_t)(p - out));
	free(out);
}

/* How long a producer's alerts are without filler, on average. */
static size_t
natural_size(size_t producer)
{
	static char scratch[EVENT_MAX];
	size_t sum = 0;

	for (int i = 0; i < 256; i++) {
		choose_rule(producer);
		sum += (size_t)(alert(scratch, producer, 0) - scratch);
	}
	return sum / 256;
}

int
main(int argc, char **argv)
{
	size_t natural[N_PRODUCERS], size = argc >= 3 ? strtoul(argv[1], NULL, 10) : 0;

	cold = argc == 4 && strcmp(argv[3], "cold") == 0;
	if (size != 300 && size != 2400 && size != 20000)
		errx(2, "usage: gen 300|2400|20000 COUNT [cold]");
	fill_noise();
	compile_pool(hosts, HOSTS);
	compile_pool(users, USERS);
	compile_pool(paths, PATHS);
	compile_pool(commands, COMMANDS);
	compile_pool(titles, TITLES);
	compile_pool(texts, TEXTS);
	compile_pool(words, WORDS);
	for (size_t i = 0; i < N_PRODUCERS; i++) {
		compile(&shapes[i], size == 300 ? PRODUCERS[i].brief : PRODUCERS[i].full);
		compile(&fillers[i], size == 300 ? PRODUCERS[i].brief_filler : PRODUCERS[i].full_filler);
	}
	for (size_t i = 0; i < N_PRODUCERS; i++)
		natural[i] = natural_size(i);
	generate(size, strtoul(argv[2], NULL, 10), natural);
	return 0;
}
