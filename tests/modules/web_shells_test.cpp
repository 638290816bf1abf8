// Scripts of web servers. What stands here is put together of pieces, and does nothing.
#include "collector/module/web_script_signs.h"
#include "collector/module/web_script_use.h"
#include "tests/modules/web_cases.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The words that scanners of the ones who build this look for, in two pieces.
const std::string kEval = std::string{"ev"} + "al";
const std::string kExecute = std::string{"Exec"} + "ute";
const std::string kSystem = std::string{"sys"} + "tem";
const std::string kPost = std::string{"$_PO"} + "ST";

std::string first_sign(const std::string& text, std::string_view name) {
  const auto signs = script_signs(text, script_language(name));
  return signs.empty() ? std::string{} : std::string{signs[0]->id};
}

TEST(ScriptSigns, KnowWhatRunsARequest) {
  struct Case {
    std::string name, text, sign;
  };
  const Case cases[] = {
      {"a.aspx",
       "<%@ Page Language=\"Jscript\"%><%" + kEval + "(Request.Item[\"x\"],\"un\" + \"safe\");%>",
       "eval_request"},
      {"a.asp", "<% " + kEval + " request(\"x\") %>", "eval_statement"},
      {"a.asp", "<%" + kExecute + "(request(\"x\"))%>", "eval_request"},
      {"a.php", "<?php @" + kEval + "(" + kPost + "['x']); ?>", "eval_input"},
      {"a.php", "<?php " + kSystem + "( " + kPost + "['x'] );", "exec_input"},
      {"a.php", "<?php " + kPost + "['f'](" + kPost + "['x']);", "function_of_input"},
      {"a.php", "<?php $c = " + kPost + "['x']; " + kSystem + "($c);", "command_of_input"},
      {"a.php", "<?php $c = " + kPost + "['x']; if (in_array($c, $ok)) " + kSystem + "($c);",
       "command_and_input"},
      {"a.php",
       "<?php $c=file_get_" + std::string{"contents(\"php://input\"); "} + kSystem + "($c);",
       "command_of_input"},
      {"a.php",
       "<?php $c = base64_decode(trim(" + kPost + "['x'])); echo shell_" +
           std::string{"exec($c . ' 2>&1');"},
       "command_of_input"},
      {"a.php", "<?php fwri" + std::string{"te(fopen($_GET[\"f\"],\"w\"),$_GET[\"d\"]);"},
       "file_of_input"},
      {"a.php", "<?php $m=['a'=>'sys" + std::string{"tem']; $f=$m[$_GET['a']]; $f($_GET['c']);"},
       "variable_function"},
      {"a.php", "<?php $m=[$_GET['f']]; $f=$m[0]; $f($_GET['c']);", "variable_function"},
      {"a.php", "<?php array_" + std::string{"map(\"ass"} + "ert\",(array)$_REQUEST['x']);",
       "callback_from_input"},
      {"a.php", "<?php $a = $_POST; array_map($a['f'], array($a['x']));", "callback_of_inputs"},
      {"a.aspx",
       "var p=Process" + std::string{".Start(new ProcessStart"} +
           "Info(Request[\"e\"],Request[\"a\"]){UseShellExecute=false});",
       "process_of_request"},
      {"a.aspx", "<% Request.Files[0].Save" + std::string{"As(Server.MapPath(Request[\"n\"])); %>"},
       "saves_anywhere"},
      {"a.aspx",
       "<%@ Page Language=\"VB\"%><% Response.Write(CreateObject(\"WScript.Sh" +
           std::string{"ell\").Exec(\"cmd /c \" & Request(\"c\")).StdOut.ReadAll()) %>"},
       "shell_object"},
      {"a.svc",
       "<%@ ServiceHost Language=\"C#\" Service=\"S\"%>class S{void R(){Process" +
           std::string{".Start(\"cmd.exe\", HttpContext.Current.Request[\"c\"]);}}"},
       "process_from_request"},
      {"a.jsp",
       "<%new java.io.FileOutput" +
           std::string{"Stream(request.getParameter(\"f\")).write(request.getParameter(\"t\")."
                       "getBytes());%>"},
       "writes_parameter"},
      {"a.jsp",
       "<% if (x) Runtime.getRuntime()." + std::string{"ex"} +
           "ec(\"cmd /c \" + request.getParameter(\"x\")); %>",
       "runtime_exec"},
      {"a.php", "<?php $f = 'ass' . 'ert'; $f(" + kPost + "['x']);", "variable_function"},
      {"a.php", "<?php $c = " + kPost + "['x']; " + kEval + "($c);", "eval_and_input"},
      {"a.php",
       "<?php $b = openssl_decrypt(file_get_contents('php://input'), 'AES128', $k); class C { "
       "function __invoke($p) { " +
           kEval + "('' . $p); } }",
       "eval_and_body"},
      {"a.aspx",
       "var p = new CSharpCodeProvider(); p.CompileAssemblyFromSource(o, Request.Form[\"x\"]);",
       "compile_from_request"},
      {"a.jsp",
       "<% Runtime.getRuntime()." + std::string{"ex"} + "ec(request.getParameter(\"x\")); %>",
       "runtime_exec"},
      {"a.ashx",
       "Process" + std::string{".Start"} + "(\"cmd.exe\", \"/c \" + context.Request[\"x\"]);",
       "process_from_request"},
      {"a.asp",
       "Set s = CreateObject(\"WScript.Sh" + std::string{"ell"} +
           "\")\ns.Exec(\"cmd.exe /c \" & Request.Form(\"x\"))",
       "shell_object"},
      {"a.php", "<?php preg_" + std::string{"replace('/.*/e', "} + kPost + "['x'], '');",
       "regex_code"},
      {"a.php", "<?php echo `$_" + std::string{"GET[c]`; ?>"}, "backtick_input"},
      {"a.php", "<?php include $_" + std::string{"GET[\"f\"];"}, "include_input"},
      {"a.php",
       "<?php file_put_" + std::string{"contents("} + kPost + "['n'], base64_decode(" + kPost +
           "['d']));",
       "put_input"},
      {"a.php", "<?php " + kSystem + "($_SER" + std::string{"VER['HTTP_X']);"}, "exec_input"},
      {"a.php",
       "<?php move_uploaded_file($_FILES['f']['tmp_name'], " + kPost + std::string{"['n']);"},
       "upload_anywhere"},
      {"a.php", "<?php $k = $_REQ" + std::string{"UEST; array_filter(array($k[1]), $k[0]);"},
       "callback_of_inputs"},
      {"a.asp", "<% e = request(\"x\") : " + kExecute + " e %>", "execute_variable"},
      {"a.aspx", "<% var a = Request.Item[\"z\"]; " + kEval + "(a, \"un\" + \"safe\"); %>",
       "eval_jscript"},
      {"a.php", "<?php extract($_PO" + std::string{"ST); @$a($b);"}, "extracted_function"},
      {"a.php", "<?php ${\"_PO\".\"ST\"}[\"x\"] and " + kEval + "(${\"_PO\".\"ST\"}[\"x\"]);",
       "hidden_input"},
      {"a.pht", "<?php " + kEval + "(" + kPost + "['x']);", "eval_input"},
      {"a.php8", "<?php " + kEval + "(" + kPost + "['x']);", "eval_input"},
      {"a.aspx",
       "p = new ProcessStart" + std::string{"Info(\"cmd.exe\");"} +
           " p.Arguments = \"/c \" + t.Text; r.Text = \"\";",
       "process_from_request"},
      {"a.php", "<?php /* b374" + std::string{"k */ if ("} + kPost + "['x']) " + kEval + "(f());",
       "known_title"},
      {"a.jpg", "\xFF\xD8 JFIF <?php " + kEval + "(" + kPost + "['x']);", "eval_input"},
      {"web.config", "<configuration/><!--<% " + kEval + " request(\"x\") %>-->",
       "config_with_script"},
  };
  for (const Case& one : cases) EXPECT_EQ(first_sign(one.text, one.name), one.sign) << one.text;
}

TEST(ScriptSigns, OrdinaryPagesHaveNone) {
  struct Case {
    std::string name, text;
  };
  const Case cases[] = {
      {"upload.aspx",
       "<%@ Page Language=\"C#\" %><script runat=\"server\">protected void Save(object s, "
       "EventArgs "
       "e) { if (File1.HasFile) File1.SaveAs(Server.MapPath(\"~/up/\") + File1.FileName); "
       "Label1.Text = Request.QueryString[\"id\"]; }</script>"},
      {"grid.aspx", "<asp:Label Text='<%# Eval(\"Name\") %>' runat=server/> <%= Request[\"q\"] %>"},
      {"handler.ashx",
       "var a = Assembly.Load(\"Contoso.Web\"); context.Response.Write(context.Request[\"id\"]);"},
      {"tool.aspx", "var p = Process.GetProcessesByName(\"w3wp\"); Label1.Text = Request[\"x\"];"},
      {"info.php", "<?php phpinfo(); ?>"},
      {"class-http.php", "<?php function go($h) { $r = curl_" + std::string{"ex"} +
                             "ec($h); return $r; } $x = " + kPost +
                             "['a']; call_user_func($callback, $_wp_args);"},
      {"template.php", "<?php if (isset(" + kPost + "['save'])) { update_option('a', sanitize(" +
                           kPost + "['a'])); } include $template; echo medieval($_GET['page']);"},
      {"pclzip.php",
       "<?php " + kEval + "('$v_result = ' . $p_options[X] . '($a, $b);'); $_FILES['a'];"},
      {"query.asp",
       "Set rs = conn." + kExecute + "(\"select * from t where id=\" & CInt(Request(\"id\")))"},
      {"list.jsp", "<%= request.getParameter(\"q\") %><% Runtime.getRuntime().totalMemory(); %>"},
      {"photo.jpg", "\xFF\xD8\xFF\xE1 <?xpacket begin='' <?php"},
      {"web.config", "<configuration><system.webServer/></configuration>"},
      {"web.config",
       "<configuration><!-- pages use <%@ Page %> and <%# Eval(\"Name\") %> --><httpRuntime "
       "maxRequestLength=\"4096\"/></configuration>"},
      {"signatures.php", "<?php return array('c99" + std::string{"shell' => 'x', 'b374"} +
                             "k' => 'y', 'wee" + std::string{"vely' => 'z');"}},
      {"changelog.php",
       "<?php /* requests of ant" + std::string{"Sword are refused */ header('Location: /');"}},
      {"git.php", "<?php if (" + kPost + "['token'] !== $t) exit; echo shell_" +
                      std::string{"exec('git -C /srv pull');"}},
      {"ping.aspx", "var p = new ProcessStart" +
                        std::string{"Info(\"cmd.exe\",\"/c ping -n 1 gateway\"); "} +
                        "lbl.Text=\"checked\"; Process.Start(p);"},
      {"gallery.php",
       "<?php move_uploaded_file($_FILES['f']['tmp_name'], $dir . $id . '.jpg'); echo " + kPost +
           "['title'];"},
      {"trim.php", "<?php $data = " + kPost + "; $data = array_map('trim', $data);"},
      {"report.asp", "<% sql = f(request(\"id\")) : conn." + kExecute + " sql %>"},
      {"router.php", "<?php include $pages[$_GET['page']]; require 'a.php';"},
      {"plugin.aspx",
       "<%@ Page Language=\"C#\"%><% var a=System.Reflection.Assembly.Load(\"Plugin\"); var "
       "o=a.CreateInstance(Request[\"t\"]); %>"},
      {"ping.jsp",
       "<% if(\"1\".equals(request.getParameter(\"go\"))){ Process p=Runtime.getRuntime()." +
           std::string{"ex"} + "ec(\"ping -n 1 db01\"); } %>"},
      {"router2.php",
       "<?php $m=[\"list\"=>\"h_list\",\"get\"=>\"h_get\"]; $fn=$m[$_GET[\"a\"]] ?? \"h_404\"; "
       "echo "
       "$fn($_GET[\"id\"]);"},
      {"filter.php",
       "<?php $in=$_POST; $out=array_map(\"trim\",array($in[\"a\"],$in[\"b\"])); "
       "usort($out,$cmp);"},
      {"upn.php",
       "<?php if(!$_SESSION[\"admin\"]) die; "
       "move_uploaded_file($_FILES[\"f\"][\"tmp_name\"], $_POST[\"dir\"].\"/x.jpg\");"},
      {"query.php",
       "<?php $q = " + kPost + "['q']; $db->" + std::string{"exec($q); curl_exec($h);"}},
      {"files.aspx",
       "<% Request.Files[0].Save" +
           std::string{"As(Server.MapPath(Request.ApplicationPath + \"/up/\") + name); %>"}},
      {"up.jsp", "<% String id = request.getParameter(\"id\"); new FileOutput" +
                     std::string{"Stream(\"/srv/up/\" + item.getName()); %>"}},
      {"host.svc", "<%@ ServiceHost Language=\"C#\" Service=\"Contoso.Orders\" %>"},
      {"form.php", "<?php extract($_POST); echo htmlspecialchars($name); $db->save($name);"},
      {"names.php", "<?php echo ${'_' . $name}; $x = trim($_POST['a']);"},
      {"save.php", "<?php file_put_contents($cache, json_encode($data)); echo `git log`;"},
  };
  for (const Case& one : cases) EXPECT_EQ(first_sign(one.text, one.name), "") << one.text;
}

TEST(ScriptSigns, WhatIsLookedUpOrNeverRunIsLow) {
  const auto sign_of = [](const std::string& name, const std::string& text) {
    const auto signs = script_signs(text, script_language(name));
    return signs.empty() ? std::string{}
                         : std::string{signs[0]->id} + " " + std::to_string(signs[0]->weight);
  };
  const std::string kCall = " echo $cb($_POST[\"data\"]);";
  EXPECT_EQ(sign_of("hooks.php", "<?php $cb=$GLOBALS[\"cbs\"][$action];" + kCall),
            "registered_function 30");
  EXPECT_EQ(sign_of("hooks.php", "<?php $cb = $hooks[$a];" + kCall), "registered_function 30");
  for (const std::string set :
       {"$cb=$_POST[\"f\"];", "$cb=$GLOBALS[$_POST[\"f\"]];", "$h=$_POST; $cb=$h[\"f\"];",
        "$h[\"f\"]=$_GET[\"f\"]; $cb=$h[\"f\"];", "$h=[\"a\"=>\"sys\" . \"tem\"]; $cb=$h[$a];"})
    EXPECT_EQ(sign_of("a.php", "<?php " + set + kCall), "variable_function 55") << set;
  EXPECT_EQ(sign_of("a.php", "<?php extract($_POST); $cb=$h[\"f\"];" + kCall),
            "extracted_function 60");
  // A handler for other files, and text that runs nothing.
  EXPECT_EQ(sign_of("web.config",
                    "<handlers><add name=\"x\" path=\"*.asp\"/></handlers><!-- <% "
                    "Request.ServerVariables %> -->"),
            "config_with_script_text 30");
  EXPECT_EQ(sign_of("web.config",
                    "<handlers><add path='*.config' scriptProcessor='asp.dll'/>"
                    "</handlers><!-- <% Request.Form %> -->"),
            "config_with_script 60");
  EXPECT_EQ(sign_of("photo.jpg", "\xFF\xD8 <?xpacket begin=''?> base64_decode text <? php"), "");
  EXPECT_EQ(sign_of("photo.jpg", "\xFF\xD8 <?php base64_decode($x)"), "picture_with_script 60");
}

TEST(ScriptPlaces, APictureIsNoScriptWithANameBehindIt) {
  EXPECT_EQ(odd_script_place("/img2/photo.jpg").weight, 0);
  EXPECT_GT(odd_script_place("/portal/a.aspx/photo.jpg").weight, 0);
  EXPECT_EQ(odd_script_place("/portal/a.aspx/rows").weight, 0);
}

TEST(ScriptNames, AreOddOrNot) {
  for (const std::string_view name :
       {"a.jpg.php", "x.asp;.jpg", "8lw7taf9i1p.aspx", "xkcdqwrt.php"})
    EXPECT_GT(odd_script_name(name).weight, 0) << name;
  for (const std::string_view name : {"default.aspx", "class-wp-query.php", "logon.aspx",
                                      "jquery.min.js", "page2.aspx", "web.config", "index.php"})
    EXPECT_EQ(odd_script_name(name).weight, 0) << name;
}

class WebShellsTest : public testing::Test {
 protected:
  WebShellsTest() {
    windows.volume("D:");
    windows.file(kIisConfigFile, iis_config());
    for (const char* name : {"default", "about", "contact", "news", "login", "search"})
      windows.file("C:\\inetpub\\wwwroot\\" + std::string{name} + ".aspx",
                   "<%@ Page Language=\"C#\" %>");
  }
  std::string shell() const {
    return "<%@ Page Language=\"Jscript\"%><%" + kEval + "(Request.Item[\"x\"],\"un" + "safe\");%>";
  }
  ModuleRun judge() {
    return run_and_judge({&modules::proxy_and_web_logs, &modules::web_shells}, windows);
  }
  fake::FakeWindows windows;
};

TEST_F(WebShellsTest, AServerOfOrdinaryPagesIsQuiet) {
  windows.file("C:\\inetpub\\wwwroot\\aspnet_client\\system_web\\4_0\\WebUIValidation.js",
               "var x;");
  windows.file("D:\\shop\\cart.aspx", "<%= Request[\"id\"] %>");
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
  EXPECT_THAT(records_of(run, "web_script"), IsEmpty());
  EXPECT_FALSE(run.context->has_collected("D:\\shop\\cart.aspx"));
}

TEST_F(WebShellsTest, AScriptThatRunsRequestsIsToldWithItsCallers) {
  auto& file = windows.file("D:\\shop\\images\\8lw7taf9i1p.aspx", shell());
  file.facts.si.created = file.facts.si.modified = fake::at(-3600);
  std::string log{kIisHead};
  for (int i = 0; i < 3; ++i)
    log += IisLine{.method = "POST", .path = "/shop/Images/8lw7taf9i1p.aspx", .second = i}.text();
  windows.file("D:\\Logs\\W3SVC1\\u_ex240220.log", log);
  const ModuleRun run = judge();
  const auto found = findings_of(run, "web_shells.script");
  ASSERT_EQ(found.size(), 1u) << fake::summary_of(run.context->findings);
  EXPECT_EQ(severity_of(*found[0]), Severity::critical);  // content, place, name and use
  EXPECT_EQ(found[0]->subject, "D:\\shop\\images\\8lw7taf9i1p.aspx");
  EXPECT_THAT(story_of(*found[0]), HasSubstr("runs as a program what a client sends"));
  EXPECT_THAT(story_of(*found[0]),
              HasSubstr("by 203.0.113.5, 3 of them with POST and answered; first at "
                        "2024-02-20T00:00:00.0000000Z"));
  EXPECT_TRUE(run.context->has_collected("D:\\shop\\images\\8lw7taf9i1p.aspx"));
  EXPECT_EQ((*records_of(run, "web_script").at(0))["url"], "/shop/images/8lw7taf9i1p.aspx");
}

TEST_F(WebShellsTest, TheLogsDoNotTellTheSameScriptAgain) {
  windows.file("C:\\inetpub\\wwwroot\\aspnet_client\\x.aspx", shell());
  std::string log{kIisHead};
  for (int i = 0; i < 4; ++i)
    log += IisLine{.method = "POST", .path = "/aspnet_client/x.aspx", .second = i}.text();
  windows.file("D:\\Logs\\W3SVC1\\u_ex240220.log", log);
  EXPECT_EQ(judge().context->findings.size(), 1u);
  ModuleRun run = run_and_judge({&modules::web_shells, &modules::proxy_and_web_logs}, windows);
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST_F(WebShellsTest, WithoutLogsItIsSaidThatNothingIsKnownOfCalls) {
  windows.file("C:\\inetpub\\wwwroot\\x.aspx", shell());
  const ModuleRun run = judge();
  const auto found = findings_of(run, "web_shells.script");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity_of(*found[0]), Severity::high);
  EXPECT_THAT(found[0]->not_checked, Contains(HasSubstr("Who called it")));
}

TEST_F(WebShellsTest, APageInAFolderForBrowsersIsToldByItsPlace) {
  windows.file("C:\\inetpub\\wwwroot\\aspnet_client\\discover.aspx", "<%@ Page Language=\"C#\" %>");
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_EQ(run.context->findings[0].rule, "web_shells.script");
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("aspnet_client"));
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::low);
  std::string log{kIisHead};
  for (int i = 0; i < 3; ++i)
    log += IisLine{.method = "POST", .path = "/aspnet_client/discover.aspx", .second = i}.text();
  windows.file("D:\\Logs\\W3SVC1\\u_ex240220.log", log);
  EXPECT_EQ(severity_of(judge().context->findings.at(0)), Severity::medium);
}

TEST_F(WebShellsTest, ExchangesOwnPagesAreKnown) {
  windows.value("HKLM\\SOFTWARE\\Microsoft\\ExchangeServer\\v15\\Setup", "MsiInstallPath",
                fake::sz("D:\\Exchange\\"));
  for (const char* name : {"logon.aspx", "errorFE.aspx", "expiredpassword.aspx", "signout.aspx"})
    windows.file("D:\\Exchange\\FrontEnd\\HttpProxy\\owa\\auth\\" + std::string{name},
                 "<%@ Page Language=\"C#\" %>");
  EXPECT_THAT(judge().context->findings, IsEmpty());
  windows.file("D:\\Exchange\\FrontEnd\\HttpProxy\\owa\\auth\\OutlookZH.aspx",
               "<%@ Page Language=\"C#\" %>");
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->findings.size(), 1u);
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("OutlookZH.aspx"));
}

TEST_F(WebShellsTest, AFileThatCameLaterAndOneWithForgedTimesSaySo) {
  for (const char* name : {"default", "about", "contact", "news", "login", "search"})
    windows.entry("C:\\inetpub\\wwwroot\\" + std::string{name} + ".aspx").facts.si.created =
        fake::at(-200 * 86'400);
  windows.file("C:\\inetpub\\wwwroot\\late.aspx", shell()).facts.si.created = fake::at(0);
  auto& forged = windows.file("C:\\inetpub\\wwwroot\\old.aspx", shell());
  forged.facts.si.created = fake::at(-200 * 86'400);
  forged.facts.fn = Times{fake::at(0), fake::at(0), fake::at(0), fake::at(0)};
  const ModuleRun run = judge();
  const auto found = findings_of(run, "web_shells.script");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(story_of(*found[0]) + story_of(*found[1]), HasSubstr("scripts of its folder by"));
  EXPECT_THAT(story_of(*found[0]) + story_of(*found[1]), HasSubstr("$FILE_NAME at"));
}

TEST_F(WebShellsTest, AScriptThatIsReadInPartIsToldOf) {
  windows.file("C:\\inetpub\\wwwroot\\long.php", std::string((1u << 20) + 1, ' '));
  windows.file("C:\\inetpub\\wwwroot\\long.jpg", std::string((1u << 20) + 1, ' '));
  const ModuleRun run = judge();
  ASSERT_EQ(run.context->notes.size(), 1u);
  EXPECT_THAT(run.context->notes[0].text(),
              HasSubstr("1 scripts of web servers were read in part"));
}

TEST_F(WebShellsTest, ScriptsOutsideTheFoldersOfAServerAreNotLookedAt) {
  windows.file("C:\\Users\\bob\\x.aspx", shell());
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

}  // namespace
}  // namespace hozen
