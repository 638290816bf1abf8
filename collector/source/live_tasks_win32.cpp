#include "collector/source/live_tasks_win32.h"

#include <windows.h>
// After windows.h.
#include <taskschd.h>

#include <cstdio>

#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"

namespace hozen {
namespace {

/// Folders within folders of tasks.
constexpr int kMaxDepth = 32;

Error com_error(const char* call, HRESULT result) {
  char detail[96];
  std::snprintf(detail, sizeof detail, "%s: 0x%08lx", call,
                static_cast<unsigned long>(static_cast<std::uint32_t>(result)));
  return Error{result == E_NOTIMPL ? Errc::unsupported : Errc::io, "Task Scheduler", {}, detail};
}

/// Owns one reference.
template <class Interface>
class ComPointer {
 public:
  ComPointer() = default;
  ~ComPointer() {
    if (pointer_ != nullptr) pointer_->Release();
  }
  ComPointer(const ComPointer&) = delete;
  ComPointer& operator=(const ComPointer&) = delete;
  Interface** put() { return &pointer_; }
  /// Takes the reference over that a call gave as `void*`.
  void adopt(void* pointer) { pointer_ = static_cast<Interface*>(pointer); }
  Interface* get() const { return pointer_; }
  Interface* operator->() const { return pointer_; }

 private:
  Interface* pointer_ = nullptr;
};

/// The functions of ole32.dll and oleaut32.dll that are needed.
struct ComLibrary {
  HRESULT(__stdcall* initialize)(void*, DWORD);
  void(__stdcall* uninitialize)();
  BSTR(__stdcall* allocate)(const OLECHAR*);
  void(__stdcall* release)(BSTR);

  static const ComLibrary& get() {
    static const ComLibrary library{
        system_function_as<HRESULT __stdcall(void*, DWORD)>(L"ole32.dll", "CoInitializeEx"),
        system_function_as<void __stdcall()>(L"ole32.dll", "CoUninitialize"),
        system_function_as<BSTR __stdcall(const OLECHAR*)>(L"oleaut32.dll", "SysAllocString"),
        system_function_as<void __stdcall(BSTR)>(L"oleaut32.dll", "SysFreeString")};
    return library;
  }
  bool complete() const {
    return initialize != nullptr && uninitialize != nullptr && allocate != nullptr &&
           release != nullptr;
  }
};

/// COM on this thread while it lives; a thread that has it already keeps its kind.
class Apartment {
 public:
  Apartment() : result_{ComLibrary::get().initialize(nullptr, COINIT_MULTITHREADED)} {}
  ~Apartment() {
    if (SUCCEEDED(result_)) ComLibrary::get().uninitialize();
  }
  Apartment(const Apartment&) = delete;
  Apartment& operator=(const Apartment&) = delete;
  bool usable() const { return SUCCEEDED(result_) || result_ == RPC_E_CHANGED_MODE; }
  HRESULT result() const { return result_; }

 private:
  HRESULT result_;
};

class Text {
 public:
  Text() = default;
  explicit Text(const wchar_t* text) : text_{ComLibrary::get().allocate(text)} {}
  ~Text() {
    if (text_ != nullptr) ComLibrary::get().release(text_);
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  BSTR* put() { return &text_; }
  BSTR get() const { return text_; }
  std::string wtf8() const { return text_ == nullptr ? "" : wtf8_from_wide(text_); }

 private:
  BSTR text_ = nullptr;
};

VARIANT variant_of(LONG number) {
  VARIANT variant{};
  variant.vt = VT_I4;
  variant.lVal = number;
  return variant;
}

Result<void> make_service(ComPointer<ITaskService>& service) {
  auto* class_object = system_function_as<HRESULT __stdcall(REFCLSID, REFIID, void**)>(
      L"taskschd.dll", "DllGetClassObject");
  if (class_object == nullptr)
    return Error{Errc::unsupported, "Task Scheduler", {}, "no taskschd.dll"};
  void* made = nullptr;
  HRESULT result = class_object(__uuidof(TaskScheduler), __uuidof(IClassFactory), &made);
  if (FAILED(result)) return com_error("DllGetClassObject", result);
  ComPointer<IClassFactory> factory;
  factory.adopt(made);
  made = nullptr;
  result = factory->CreateInstance(nullptr, __uuidof(ITaskService), &made);
  if (FAILED(result)) return com_error("CreateInstance", result);
  service.adopt(made);
  const VARIANT none{};
  result = service->Connect(none, none, none, none);
  if (FAILED(result)) return com_error("ITaskService::Connect", result);
  return {};
}

class Lister {
 public:
  explicit Lister(LiveTasks& list) : list_{list} {}

  Result<void> list(ITaskFolder* folder, int depth) {
    HOZEN_CHECK(list_tasks(folder));
    ComPointer<ITaskFolderCollection> folders;
    HRESULT result = folder->GetFolders(0, folders.put());
    if (FAILED(result)) return com_error("ITaskFolder::GetFolders", result);
    LONG count = 0;
    result = folders->get_Count(&count);
    if (FAILED(result)) return com_error("ITaskFolderCollection::get_Count", result);
    for (LONG i = 1; i <= count; ++i) {
      if (list_.full()) {  // this folder's tasks, or those below it, may be more
        list_.cut_off();
        break;
      }
      ComPointer<ITaskFolder> child;
      result = folders->get_Item(variant_of(i), child.put());
      // A folder that is closed to us hides its tasks from us alone.
      const bool listed =
          SUCCEEDED(result) && depth < kMaxDepth && list(child.get(), depth + 1).has_value();
      list_.whole = list_.whole && listed;
    }
    return {};
  }

 private:
  Result<void> list_tasks(ITaskFolder* folder) {
    ComPointer<IRegisteredTaskCollection> tasks;
    HRESULT result = folder->GetTasks(TASK_ENUM_HIDDEN, tasks.put());
    if (FAILED(result)) return com_error("ITaskFolder::GetTasks", result);
    LONG count = 0;
    result = tasks->get_Count(&count);
    if (FAILED(result)) return com_error("IRegisteredTaskCollection::get_Count", result);
    for (LONG i = 1; i <= count && !list_.cut; ++i) {
      ComPointer<IRegisteredTask> task;
      Text path;
      if (FAILED(tasks->get_Item(variant_of(i), task.put())) ||
          FAILED(task->get_Path(path.put()))) {
        list_.whole = false;
        continue;
      }
      add(*task.get(), path.wtf8());
    }
    return {};
  }

  void add(IRegisteredTask& task, std::string path) {
    LiveTask found;
    found.path = std::move(path);
    VARIANT_BOOL enabled = VARIANT_FALSE;
    if (SUCCEEDED(task.get_Enabled(&enabled))) found.enabled = enabled != VARIANT_FALSE;
    TASK_STATE state = TASK_STATE_UNKNOWN;
    if (SUCCEEDED(task.get_State(&state))) found.state = static_cast<std::uint32_t>(state);
    list_.add(std::move(found));
  }

  LiveTasks& list_;
};

/// Whoever is not elevated is shown a part of the tasks only.
bool is_elevated() {
  HANDLE handle = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &handle)) return false;
  const OwnedHandle token{handle};
  TOKEN_ELEVATION elevation{};
  DWORD size = 0;
  return GetTokenInformation(token.get(), TokenElevation, &elevation, sizeof elevation, &size) &&
         elevation.TokenIsElevated != 0;
}

}  // namespace

Result<LiveTasks> list_live_tasks() {
  if (!ComLibrary::get().complete())
    return Error{Errc::unsupported, "Task Scheduler", {}, "no ole32.dll or oleaut32.dll"};
  const Apartment apartment;
  if (!apartment.usable()) return com_error("CoInitializeEx", apartment.result());
  ComPointer<ITaskService> service;
  HOZEN_CHECK(make_service(service));
  ComPointer<ITaskFolder> root;
  const Text path{L"\\"};
  const HRESULT result = service->GetFolder(path.get(), root.put());
  if (FAILED(result)) return com_error("ITaskService::GetFolder", result);
  LiveTasks list;
  list.whole = is_elevated();
  HOZEN_CHECK(Lister{list}.list(root.get(), 0));
  return list;
}

}  // namespace hozen
